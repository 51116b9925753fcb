import { wordTable } from '../values/word-table.ts';

/**
 * What a word means to extraction: one rule that it starts (the low bits), and marks that other rules ask for when it
 * stands beside what they look at. No product's wording: nouns, verbs and prepositions that mean the same everywhere.
 */
export const Rule = {
  NONE: 0, USER: 1, ACCOUNT: 2, FOR: 3, ATTEMPT: 4, LOGGED: 5, REQUEST: 6, REQUEST_ID: 7, TRACE: 8, TRACE_ID: 9, SPAN_ID: 10, SESSION: 11,
  SESSION_ID: 12, METHOD: 13, STATUS: 14, RAISED: 15, ERROR: 16, ERRNO: 17, ERROR_TYPE: 18, PEER: 19, AGENT: 20, REFERER: 21, SIZE: 22,
  ELAPSED: 23, PATH: 24, TEXT: 25, HTTP: 26, CORRELATION: 27, ON: 28, LOGIN: 29, MILLIS: 30,
} as const;
const RULE_BITS = 5;
export const RULE_MASK = (1 << RULE_BITS) - 1;

/** What a word says about the durations of its clause; the values stand in bits 5 to 7 of a word. */
export const Cue = { NONE: 0, IN: 1, AFTER: 2, NOUN: 3, VERB: 4, BAD: 5 } as const;
export const CUE_SHIFT = RULE_BITS;
export const CUE_MASK = 7 << CUE_SHIFT;

/** Marks. */
export const Mark = {
  /** Never a user's name. */
  COMMON: 1 << 8,
  /** Goes on after a name: `user alice logged …`, `for bob from …`. */
  GOES_ON: 1 << 9,
  /** The address after it is the peer that called. */
  PEER: 1 << 10,
  /** The address after it is some other host. */
  AWAY: 1 << 11,
  /** The three digits after it are an HTTP status. */
  STATUS: 1 << 12,
  /** First word of a status' reason phrase. */
  REASON: 1 << 13,
  /** The message is about somebody's authentication. */
  AUTH: 1 << 14,
  /** `in 5s` after it is still to come; a duration before it is a limit. */
  FUTURE: 1 << 15,
  /** A duration before it is none of the message's own. */
  UNTIMED: 1 << 16,
  /** Not a size that was transferred. */
  STORED: 1 << 17,
  /** Between two words of one phrase: `is`, `was`, `now`. */
  FILLER: 1 << 18,
  NUMBER: 1 << 19,
  /** Ends in -ed. */
  PAST: 1 << 20,
  /** Ends in -ing. */
  GOING: 1 << 21,
  /** Ends in -s. */
  PLURAL: 1 << 22,
  /** The error class is named next: `raised`, `due to`. */
  FAILED: 1 << 23,
  /** Says that there is no value: `null`, `none`. */
  NOTHING: 1 << 24,
  BYTES: 1 << 25,
  /** `exit status 127` is no HTTP status. */
  EXIT: 1 << 26,
  /** A request or response is spoken of. */
  REQUEST: 1 << 27,
  /** Makes a subject of the noun after it: `the`, `new`. */
  ARTICLE: 1 << 28,
  /** The message is about a socket of the program itself: an address that nobody calls a peer is its own. */
  OWN: 1 << 29,
} as const;

const cue = (value: number): number => value << CUE_SHIFT;

const MEANINGS: readonly (readonly [bits: number, words: string])[] = [
  [Rule.USER | Mark.AUTH, 'username saslusername authuser remoteuser loginname accountname ruser'],
  [Rule.USER | Mark.COMMON, 'user acct usr userid useremail'],
  [Rule.ACCOUNT | Mark.AUTH, 'account'],
  [Rule.ACCOUNT, 'player contact member principal identity subject'],
  [Rule.LOGIN | Mark.AUTH | Mark.COMMON, 'login'],
  [Rule.FOR | Mark.PEER | Mark.GOES_ON, 'for'],
  [Rule.ATTEMPT | Mark.COMMON, 'attempt'],
  [Rule.LOGGED | Mark.AUTH | Mark.GOES_ON, 'logged signed'],
  [Rule.REQUEST | Mark.REQUEST | Mark.COMMON | cue(Cue.NOUN), 'request req'],
  [Rule.REQUEST_ID, 'requestid reqid xrequestid correlationid xcorrelationid requestuuid reqno'],
  [Rule.CORRELATION, 'correlation'],
  [Rule.TRACE, 'trace'],
  [Rule.TRACE_ID, 'traceid xb3traceid ddtraceid xtraceid oteltraceid'],
  [Rule.SPAN_ID, 'spanid xb3spanid ddspanid'],
  [Rule.SESSION | Mark.COMMON, 'session'],
  [Rule.SESSION_ID, 'sessionid sessid xsessionid'],
  [Rule.METHOD, 'get post put delete patch head options propfind connect report proppatch mkcol mkcalendar purge'],
  [Rule.STATUS | Mark.STATUS, 'status statuscode httpstatus responsecode httpcode responsestatus httpresponsecode'],
  [Rule.RAISED | Mark.FAILED, 'raised uncaught unhandled threw throws caught raise'],
  [Mark.FAILED, 'failed failure due with by nested caused because got cause reason thrown'],
  [Rule.ERROR | Mark.FAILED | Mark.STATUS, 'error err'],
  [Rule.ERROR | Mark.FAILED, 'exception'],
  [Rule.ERRNO | Mark.AWAY, 'econnrefused econnreset econnaborted etimedout epipe enotfound eaddrinuse eaddrnotavail ehostunreach enetunreach enoent eacces eperm eexist emfile enfile enospc enomem eisdir enotdir enotempty eio ebusy eagain einval ebadf erofs eproto esockettimedout'],
  [Rule.ERROR_TYPE, 'errortype exceptiontype errorclass exceptionclass exctype errname errorname'],
  [Rule.PEER | Mark.PEER | Mark.COMMON, 'from client peer remote ip ipaddress clientip remoteip remoteaddr remoteaddress clientaddr peeraddr rhost rip src srcip source sourceip raddr addr address oip conn connection caller visitor xforwardedfor xrealip'],
  [Mark.PEER, 'accepted disconnection'],
  [Mark.OWN, 'listening listen listens listener listeners bind binding bound interface interfaces'],
  [Mark.AWAY, 'to dial dialing tcp udp connect connecting connected upstream server listening listen at via host origin backend dns bind binding bound lip local node leader nameserver proxy gateway destination dst laddr broker database db target endpoint resolver master replica primary version v ver release build cluster connects reach ping resolve resolved'],
  [Rule.AGENT, 'useragent mozilla'],
  [Rule.REFERER, 'referer referrer'],
  [Rule.SIZE | Mark.BYTES | Mark.COMMON, 'bytes byte'],
  [Rule.SIZE, 'responsesize bodysize contentlength bytessent bodybytessent responsebytes'],
  [Rule.ELAPSED | cue(Cue.VERB), 'took taken takes elapsed spent lasted timetaken timeelapsed elapsedtime'],
  [Rule.ELAPSED | cue(Cue.NOUN), 'duration latency runtime responsetime processingtime executiontime exectime walltime requesttime querytime totaltime'],
  [Rule.MILLIS | cue(Cue.VERB), 'durationms elapsedms tookms latencyms timems responsetimems durationmillis elapsedmillis'],
  [Rule.ELAPSED, 't'],
  [Rule.PATH, 'path url uri requesturi requesturl urlpath endpoint'],
  [Rule.TEXT | Mark.FAILED, 'message msg'],
  [Rule.HTTP, 'http'],
  [Rule.ON, 'on'],

  [cue(Cue.VERB) | Mark.REQUEST | Mark.STATUS | Mark.GOES_ON, 'completed finished responded returned answered replied served'],
  [Rule.STATUS | cue(Cue.VERB) | Mark.REQUEST | Mark.STATUS, 'response'],
  [cue(Cue.VERB) | Mark.GOES_ON, 'done succeeded processed executed rendered handled real exited'],
  [cue(Cue.NOUN), 'time query slow render load execution processing compile runtimes roundtrip rtt responsetook call operation job task step total cost'],
  [cue(Cue.IN) | Mark.GOES_ON, 'in'],
  [cue(Cue.AFTER) | Mark.GOES_ON, 'after'],
  [cue(Cue.BAD), 'timeout timeouts timed threshold interval intervals retry retrying retries retried backoff backing sleep sleeping sleeps wait waiting waits pause pausing ttl age uptime lease leases expire expires expired expiry expiration expiring every keepalive delay delayed delaying last past next older newer than within billed window grace deadline heartbeat schedule scheduled rate lag skew drift offset jitter cooldown refresh poll polling period max maximum min minimum limit limits limited avg average mean expected budget cached fresh stale valid cpu idle sys reconnect reconnecting init cutoff retention until till since poller rto quota up throttled throttling blocked suspended paused resumes'],
  [Mark.FUTURE, 'again due start starts starting begin begins will try available restarting shutting running'],
  [Mark.UNTIMED, 'behind ago timeout exceeded exceeds interval before old older delay limit ttl window remaining left later deadline threshold apart ahead overdue grace period lag'],
  [Mark.STORED, 'memory heap rss table cache buffer disk allocated free available swap stack limit limits limited than max maximum min minimum threshold exceeds exceeded mem footprint pool capacity quota block sector of up page total'],

  [Mark.GOES_ON, 'is was has had have failed successfully not does did cannot could can exceeded from via with at and but tried attempted uploaded changed requested created deleted updated added removed joined left lost disconnected connected authenticated denied rejected locked disabled enabled started stopped opened closed ran executed accessed submitted registered granted revoked banned blocked expired by on using due doing took got sent made clicked viewed placed purchased paid subscribed verified wants exists already'],
  [Mark.COMMON | Mark.GOES_ON, 'is was has had have not does did do cannot could can would will should may might must and or but if when who whom whose that which in on at to from via with by as of off into onto than then because since until while where already just also only still now so before after about against during without within through between under over per did does due again too'],
  [Mark.ARTICLE, 'a an the this that each every another new end super multi single first last'],
  [Mark.COMMON, 'here there a an the this these those my your our their his her its it he she they we you i any all each every no some other another same such both either neither one new old current unknown invalid valid illegal anonymous guest multiple many few more most several own'],
  [Mark.COMMON, 'agent agents space data input output inputs ids id ident name names uuid uid gid accounts profile profiles group groups role roles table tables count counts list lists info information interface experience mode manager service services event events requests action actions activity settings preferences permission permissions access authentication auth authorization logout signin signup registration creation deletion update updates token tokens password passwords passwd credential credentials email emails mail code codes object objects record records store storage model models home directory defined level levels land cpu type types field fields key keys value values content control story stories guide manual limit limits quota policy policies feedback error errors message messages query queries session sessions management metadata details detail database api app apps application applications client clients connection connections context config configuration file files function functions class classes attribute attributes import export search lookup state status statistics stats number total base job jobs task tasks process processes thread threads pool cache queue script scripts command commands notification notifications address time timezone language locale device devices host hosts system systems module modules package packages repository node nodes pod domain flow page pages view views form forms menu option options plan tag tags tier friendly facing generated supplied specified provided selected interaction inputs handler controller provider operations processing validation verification check checks found exist exists unauthorized hook hooks slice sync plugin plugins avatar theme dashboard online offline'],
  [Mark.COMMON | Mark.AUTH, 'users publickey pubkey gssapi kerberos hostbased'],
  [Mark.AUTH, 'authenticator authentication authenticated authenticate authenticating auth password passwd credentials credential logon signin login logout logged token sasl unauthorized'],
  [Mark.COMMON | Mark.GOES_ON | Mark.AUTH, 'login'],
  [Mark.FILLER, 'is was has now just been successfully already have'],
  [Mark.NOTHING | Mark.COMMON, 'null none nil unknown undefined na true false no unauthenticated'],
  [Mark.REASON, 'ok created accepted no moved found see not temporary permanent bad unauthorized payment forbidden method proxy request conflict gone length precondition payload uri unsupported range expectation unprocessable locked failed upgrade too internal service gateway client server partial multi switching continue entity misdirected unavailable insufficient network'],
  [Mark.STATUS, 'sent'],
  [Mark.EXIT, 'exit exited exitcode'],
  [Mark.STATUS | Mark.REQUEST, 'http'],
];

/** The words and their bits: meanings of one word add up, the rule and the cue come from the first that has one. */
export const WORDS = wordTable(collect());

function collect(): Map<string, number> {
  const bits = new Map<string, number>();
  for (const [meaning, words] of MEANINGS) {
    for (const word of words.split(' ')) {
      const known = bits.get(word) ?? 0;
      let added = meaning;
      if ((known & RULE_MASK) !== 0) added &= ~RULE_MASK;
      if ((known & CUE_MASK) !== 0) added &= ~CUE_MASK;
      bits.set(word, known | added);
    }
  }
  return bits;
}
