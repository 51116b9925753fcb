// Translates portable TypeScript to AssemblyScript, so that what is written once runs twice: compiled by tsc, where it is
// the oracle and the fallback, and as a WebAssembly kernel.
//
// Portable is a function that works on numbers, bytes and the objects of a few classes, and calls none but its like: no
// closures, no strings but literals, no patterns, no objects made on the way. A `number` is a 32-bit integer, unless its
// type is `Float`. Constants of a module are taken over by their values. Functions named as hosts stay in JavaScript.
import { rmSync, writeFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const TYPES = { Chunk: 'Chunk', LogEvent: 'LogEvent', string: 'Bytes', 'string[]': 'Texts', Float: 'f64', Uint8Array: 'Bytes', Int32Array: 'Ints', Float64Array: 'Floats', Field: 'i32', ValueKind: 'i32' };

/**
 * `source`: of a kernel that has the functions `entries` ([file, name]) and all they call, but for the functions named in
 * `hosts`, which it imports. `texts`: its texts by number.
 */
export async function translate(entries, hosts) {
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile('tsconfig.json', ts.sys.readFile).config, ts.sys, '.');
  const program = ts.createProgram(entries.map(([file]) => file), options);
  const translation = new Translation(program.getTypeChecker(), hosts);
  return translation.of(entries.map(([file, name]) => functionOf(program.getSourceFile(path.resolve(file)), name)));
}

class Translation {
  #checker;
  #hosts;
  /** Emitted name by declaration, and which names are taken. */
  #names = new Map();
  #taken = new Set();
  #queue = [];
  #texts = [];
  /** By module: the values of its constants. */
  #values = new Map();
  #parts = { imports: [], tables: [], classes: [], variables: [], functions: [] };

  constructor(checker, hosts) {
    this.#checker = checker;
    this.#hosts = hosts;
  }

  async of(entries) {
    for (const declaration of entries) this.#need(declaration);
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await this.#evaluate(next.getSourceFile());
      await this.#evaluateImports(next.getSourceFile());
      this.#declare(next);
    }
    const { imports, tables, classes, variables, functions } = this.#parts;
    return { source: `${[...imports, ...tables, ...classes, ...variables, ...functions].join('\n')}\n`, texts: this.#texts };
  }

  /** Name of what is declared at module level, which is emitted sooner or later. */
  #need(declaration) {
    const known = this.#names.get(declaration);
    if (known !== undefined) return known;
    let name = declaration.name.text;
    for (let number = 2; this.#taken.has(name); number++) name = `${declaration.name.text}${number}`;
    this.#taken.add(name);
    this.#names.set(declaration, name);
    this.#queue.push(declaration);
    return name;
  }

  async #evaluateImports(source) {
    for (const statement of source.statements) {
      if (!ts.isImportDeclaration(statement) || statement.importClause?.isTypeOnly) continue;
      const module = this.#checker.getSymbolAtLocation(statement.moduleSpecifier)?.valueDeclaration;
      if (module !== undefined && ts.isSourceFile(module)) await this.#evaluate(module);
    }
  }

  /** Runs a module as tsc compiled it, and keeps what its constants are. */
  async #evaluate(source) {
    if (this.#values.has(source)) return;
    const names = source.statements.filter((statement) => ts.isVariableStatement(statement) && (statement.declarationList.flags & ts.NodeFlags.Const) !== 0)
      .flatMap((statement) => statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : name.elements.map((element) => element.name.text))));
    const compiled = path.join('build', path.relative('.', source.fileName)).replace(/\.ts$/, '.js');
    const copy = compiled.replace(/\.js$/, '.values.mjs');
    writeFileSync(copy, `${readFileSync(compiled, 'utf8')}\nexport const $values = { ${names.join(', ')} };\n`);
    try {
      this.#values.set(source, (await import(pathToFileURL(path.resolve(copy)).href)).$values);
    } finally {
      rmSync(copy);
    }
  }

  #valueOf(declaration) {
    return this.#values.get(declaration.getSourceFile())?.[declaration.name.text];
  }

  #declare(declaration) {
    const name = this.#names.get(declaration);
    if (ts.isFunctionDeclaration(declaration)) return this.#declareFunction(declaration, name);
    if (ts.isClassDeclaration(declaration)) return this.#parts.classes.push(`class ${name} {\n${declaration.members.map((member) => this.#member(member)).join('\n')}\n}`);
    const { initializer } = declaration;
    const isConst = (declaration.parent.flags & ts.NodeFlags.Const) !== 0;
    if (!isConst) return this.#declareVariable(declaration, name);
    if (ts.isNewExpression(initializer) && !TYPES[initializer.expression.getText()]) return this.#parts.variables.push(`const ${name} = ${this.#print(initializer)};`);
    if (ts.isObjectLiteralExpression(initializer)) return this.#declareObject(initializer, name);
    const value = this.#valueOf(declaration);
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return this.#declareTexts(name, value);
    this.#parts.tables.push(`const ${name} = ${table(value, declaration)};`);
  }

  #declareVariable(declaration, name) {
    const type = this.#typeOf(declaration);
    this.#parts.variables.push(`let ${name}: ${type} = ${declaration.initializer === undefined ? `changetype<${type}>(0)` : NEW[type] ?? this.#print(declaration.initializer)};`);
  }

  #declareTexts(name, texts) {
    this.#parts.variables.push(`const ${name} = changetype<Texts>(heap.alloc(${texts.length * 4}));`, ...texts.map((text, index) => `${name}[${index}] = ${this.text({ text })};`));
  }

  #declareFunction(declaration, name) {
    const parameters = declaration.parameters.map((parameter) => `${parameter.name.text}: ${this.#type(parameter.type)}`).join(', ');
    const signature = `function ${name}(${parameters}): ${this.#type(declaration.type)}`;
    if (this.#hosts.has(declaration.name.text)) return this.#parts.imports.push(`@external("host", "${declaration.name.text}") declare ${signature};`);
    this.#parts.functions.push(`${signature} ${this.#body(declaration)}\n`);
  }

  #body(declaration) {
    const body = this.#print(declaration.body);
    const last = declaration.body.statements.at(-1);
    // asc does not see that a loop without a condition never ends.
    return last !== undefined && ts.isForStatement(last) && last.condition === undefined ? `${body.slice(0, -1)}  return unreachable();\n}` : body;
  }

  /** An object that is changed: a class of its own, of which there is one. */
  #declareObject(literal, name) {
    const members = literal.properties.map((property) => `  ${property.name.text}: ${literalType(property.initializer)} = ${property.initializer.getText()};`);
    this.#parts.classes.push(`class ${name}_ {\n${members.join('\n')}\n}`);
    this.#parts.variables.push(`const ${name} = new ${name}_();`);
  }

  #member(member) {
    const name = member.name.text.replace('#', '_');
    if (ts.isPropertyDeclaration(member)) {
      const type = member.type === undefined ? literalType(member.initializer) : this.#type(member.type);
      if (member.initializer === undefined) return `  ${name}: ${type} = changetype<${type}>(0);`;
      return `  ${name}: ${type} = ${NEW[type] ?? this.#print(member.initializer)};`;
    }
    const parameters = ts.isGetAccessor(member) ? '' : member.parameters.map((parameter) => `${parameter.name.text}: ${this.#type(parameter.type)}`).join(', ');
    return `  ${ts.isGetAccessor(member) ? 'get ' : ''}${name}(${parameters}): ${this.#type(member.type)} ${this.#print(member.body)}`;
  }

  #typeOf(declaration) {
    return declaration.type === undefined ? literalType(declaration.initializer) : this.#type(declaration.type);
  }

  #type(node) {
    const text = node.getText();
    if (text === 'number' || text === 'number | undefined') return 'i32';
    if (text === 'boolean') return 'bool';
    if (text === 'void') return text;
    if (text.endsWith(' | undefined')) return TYPES[text.slice(0, -' | undefined'.length)];
    if (TYPES[text] !== undefined) return TYPES[text];
    const declaration = this.#declarationOf(node.typeName);
    if (declaration !== undefined && ts.isClassDeclaration(declaration)) return this.#need(declaration);
    throw unsupported(node);
  }

  /** What an identifier means, if it is declared at the level of a module. */
  #declarationOf(node) {
    let symbol = this.#checker.getSymbolAtLocation(node);
    if (symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0) symbol = this.#checker.getAliasedSymbol(symbol);
    const declaration = symbol?.valueDeclaration;
    if (declaration === undefined) return undefined;
    const variable = ts.isBindingElement(declaration) ? declaration.parent.parent : declaration;
    const statement = ts.isVariableDeclaration(variable) ? variable.parent.parent : variable;
    return ts.isSourceFile(statement.parent) && !statement.getSourceFile().isDeclarationFile ? declaration : undefined;
  }

  #print(node) {
    const special = SPECIAL[ts.SyntaxKind[node.kind]]?.call(this, node, (child) => this.#print(child));
    return special ?? this.#asItStands(node);
  }

  #asItStands(node) {
    const source = node.getSourceFile();
    let [text, at] = ['', node.getStart()];
    ts.forEachChild(node, (child) => {
      text += source.text.slice(at, child.getStart()) + this.#print(child);
      at = child.end;
    });
    return text + source.text.slice(at, node.end);
  }

  identifier(node) {
    const declaration = this.#declarationOf(node);
    if (declaration === undefined) return node.text;
    const isConst = ts.isBindingElement(declaration) || ts.isVariableDeclaration(declaration) && (declaration.parent.flags & ts.NodeFlags.Const) !== 0;
    const value = isConst ? this.#valueOf(declaration) : undefined;
    if (typeof value === 'number') return literal(value);
    return this.#need(declaration);
  }

  text(node) {
    let number = this.#texts.indexOf(node.text);
    if (number < 0) {
      number = this.#texts.push(node.text) - 1;
      const bytes = Buffer.from(node.text);
      this.#parts.tables.unshift(`const $text${number} = changetype<Bytes>(memory.data<u8>([${[...integer(number), ...integer(bytes.length), ...bytes].join(',')}], 4) + 8);`);
    }
    return `$text${number}`;
  }

  property(node) {
    const owner = ts.isIdentifier(node.expression) ? this.#declarationOf(node.expression) : undefined;
    const value = owner !== undefined && ts.isVariableDeclaration(owner) ? this.#valueOf(owner)?.[node.name.text] : undefined;
    if (typeof value === 'number' && (node.name.text === 'length' || ts.isAsExpression(owner.initializer))) return literal(value);
    return `${this.#print(node.expression)}.${node.name.text.replace('#', '_')}`;
  }
}

const NEW = { Bytes: 'changetype<Bytes>(heap.alloc(256))', Ints: 'changetype<Ints>(heap.alloc(256))', Texts: 'changetype<Texts>(heap.alloc(256))', Floats: 'changetype<Floats>(heap.alloc(256))' };

/** What is printed in another way than it stands, by kind of node. */
const SPECIAL = {
  Identifier(node) { return this.identifier(node); },
  StringLiteral(node) { return this.text(node); },
  PropertyAccessExpression(node) { return this.property(node); },
  AsExpression(node, print) { return print(node.expression); },
  TypeReference(node) { throw unsupported(node); },
  VariableDeclaration(node, print) {
    const { name, initializer } = node;
    if (ts.isObjectBindingPattern(name)) return name.elements.map((element) => `${element.name.text} = ${print(initializer)}.${(element.propertyName ?? element.name).text}`).join(', ');
    if (ts.isArrayBindingPattern(name)) return name.elements.map((element, index) => `${element.name.text} = ${print(initializer.elements[index])}`).join(', ');
    const type = node.type === undefined ? '' : `: ${TYPES[node.type.getText()] ?? { number: 'i32', boolean: 'bool' }[node.type.getText()]}`;
    return `${name.text}${type}${initializer === undefined ? '' : ` = ${print(initializer)}`}`;
  },
  BinaryExpression(node, print) {
    const { left, right, operatorToken } = node;
    const operator = operatorToken.getText();
    if (right.getText() === 'undefined') return operator === '!==' ? 'true' : 'false';
    if (operator === '>>>' && right.getText() === '0') return `<u32>(${print(left)})`;
    if (operator === '??') return print(left);
    if (operator === '|' && right.getText() === '0') return `<i32>(${print(left)})`;
    if (operator === '=' && ts.isArrayLiteralExpression(left)) {
      return `{ ${right.elements.map((element, index) => `const $${index} = ${print(element)};`).join(' ')} ${left.elements.map((element, index) => `${print(element)} = $${index};`).join(' ')} }`;
    }
    return `${print(left)} ${{ '===': '==', '!==': '!=' }[operator] ?? operator} ${print(right)}`;
  },
  IfStatement(node, print) {
    const { expression, thenStatement, elseStatement } = node;
    if (!ts.isBinaryExpression(expression) || expression.right.getText() !== 'undefined') return undefined;
    const taken = expression.operatorToken.getText() === '!==' ? thenStatement : elseStatement;
    return taken === undefined ? '' : print(taken);
  },
  CallExpression(node, print) {
    const name = CALLS[node.expression.getText()];
    if (name !== undefined) return name(...node.arguments.map(print));
    return `${print(node.expression)}(${node.arguments.map(print).join(', ')})`;
  },
  ReturnStatement(node, print) {
    if (node.expression === undefined) return 'return;';
    const owner = ts.findAncestor(node, (above) => ts.isFunctionDeclaration(above) || ts.isMethodDeclaration(above) || ts.isGetAccessor(above));
    return owner.type.getText() === 'void' ? `{ ${print(node.expression)}; return; }` : `return ${print(node.expression)};`;
  },
  ...Object.fromEntries(['ArrowFunction', 'FunctionExpression', 'TemplateExpression', 'ForOfStatement', 'ForInStatement', 'SpreadElement', 'RegularExpressionLiteral', 'ObjectLiteralExpression', 'ArrayLiteralExpression', 'AwaitExpression', 'TryStatement', 'ThrowStatement']
    .map((kind) => [kind, (node) => { throw unsupported(node); }])),
};

const CALLS = {
  'Math.min': (a, b) => `min(${a}, ${b})`,
  'Math.max': (a, b) => `max(${a}, ${b})`,
  'Math.imul': (a, b) => `((${a}) * (${b}))`,
  'Math.abs': (a) => `abs(${a})`,
  'Math.floor': (a) => `floor(${a})`,
  'Math.clz32': (a) => `clz(${a})`,
  'Number.isNaN': (a) => `isNaN(${a})`,
  Number: (a) => `i32(${a})`,
};

function literalType(node) {
  const text = node.getText();
  if (text === 'true' || text === 'false') return 'bool';
  if (ts.isNewExpression(node) && TYPES[node.expression.getText()] !== undefined) return TYPES[node.expression.getText()];
  if (ts.isArrayLiteralExpression(node)) throw unsupported(node);
  return 'i32';
}

function literal(value) {
  return Number.isNaN(value) ? 'NaN' : String(value);
}

/** A constant as static data. Bytes have their length in front. */
function table(value, declaration) {
  if (value instanceof Uint8Array) {
    return `changetype<Bytes>(memory.data<u8>([${[...integer(value.length), ...value].join(',')}], 4) + 4)`;
  }
  if (value instanceof Int32Array) return `changetype<Ints>(memory.data<i32>([${[value.length, ...value].join(',')}]) + 4)`;
  if (value instanceof Float64Array) return `changetype<Floats>(memory.data<f64>([${Array.from(value, float).join(',')}]))`;
  if (Array.isArray(value) && value.every((item) => typeof item === 'number')) {
    return value.every(Number.isInteger) ? table(Int32Array.from(value)) : table(Float64Array.from(value));
  }
  throw unsupported(declaration);
}

/** Its four bytes. */
function integer(value) {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
}

function float(value) {
  return Number.isNaN(value) ? 'NaN' : Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
}

function functionOf(source, name) {
  const declaration = source.statements.find((statement) => ts.isFunctionDeclaration(statement) && statement.name?.text === name);
  if (declaration === undefined) throw new Error(`${source.fileName} has no function ${name}`);
  return declaration;
}

function unsupported(node) {
  const source = node.getSourceFile();
  const { line, character } = source.getLineAndCharacterOfPosition(node.getStart());
  return new Error(`${path.relative('.', source.fileName)}:${line + 1}:${character + 1}: not portable (${ts.SyntaxKind[node.kind]}): ${node.getText().slice(0, 80)}`);
}
