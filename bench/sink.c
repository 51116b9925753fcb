// An Elasticsearch that keeps nothing, for measuring agents: it must never be what they wait for. It answers `_bulk`
// with one item per document, as long as Elasticsearch's own unless the client asked for less (`filter_path`), counts
// documents, and holds the ids it has seen against each other, so that a document that came twice does not hide one
// that never came. One thread, keep-alive, gzip, `Expect: 100-continue`. sink.ts has the same for machines without gcc.
//   sink EXPECTED    → `{"port":N}`; `{…counts}` once EXPECTED documents are here, and at SIGTERM
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

enum { CONNECTIONS = 64, HEAD_BYTES = 16384 };

typedef struct { char *at; size_t length, room; } Buffer;
typedef struct { Buffer in; size_t head, body; } Connection; // head, body: 0 until the header is read

static struct { uint64_t docs, ids, repeated, requests, wire, bytes; double lastMs; } counts;
static uint64_t expected, *seen, mask;
static volatile sig_atomic_t stopped;
static Buffer inflated, answer;

static void grow(Buffer *b, size_t room) {
  if (b->room >= room) return;
  b->room = room * 2;
  if (!(b->at = realloc(b->at, b->room))) exit(71);
}

static void append(Buffer *b, const char *text, size_t length) {
  grow(b, b->length + length);
  memcpy(b->at + b->length, text, length);
  b->length += length;
}

static void report(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  double cpu = use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
  printf("{\"docs\":%lu,\"ids\":%lu,\"repeated\":%lu,\"requests\":%lu,\"wireBytes\":%lu,\"bodyBytes\":%lu,\"lastMs\":%.3f,\"cpuSeconds\":%.3f}\n",
    counts.docs, counts.ids, counts.repeated, counts.requests, counts.wire, counts.bytes, counts.lastMs, cpu);
  fflush(stdout);
}

static void note(uint64_t hash) {
  for (uint64_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (seen[slot] == hash) { counts.repeated++; return; }
    if (seen[slot] == 0) { if (counts.ids < mask) seen[slot] = hash, counts.ids++; return; }
  }
}

/** The table is larger than any cache: an id's place in it is fetched while those before are noted. */
enum { FETCHED = 16 };
static uint64_t fetched[FETCHED];
static unsigned turn;

static void seeId(const char *id, size_t length) {
  uint64_t hash = 0x9e3779b97f4a7c15u ^ length;
  for (size_t i = 0; i < length; i += 8) {
    uint64_t word = 0;
    memcpy(&word, id + i, length - i < 8 ? length - i : 8);
    __uint128_t product = (__uint128_t)(hash ^ word) * 0xd6e8feb86659fd93u;
    hash = (uint64_t)product ^ (uint64_t)(product >> 64);
  }
  if (hash == 0) hash = 1;
  __builtin_prefetch(&seen[hash & mask], 1);
  uint64_t before = fetched[turn % FETCHED];
  fetched[turn++ % FETCHED] = hash;
  if (before != 0) note(before);
}

/** Those that were fetched last. */
static void noteRest(void) {
  for (int i = 0; i < FETCHED; i++) if (fetched[i] != 0) note(fetched[i]), fetched[i] = 0;
}

#define TEXT(literal) append(&answer, literal, sizeof literal - 1)

static void appendItem(const char *operation, const char *id, size_t length, int first, int brief) {
  if (!first) TEXT(",");
  TEXT("{\"");
  append(&answer, operation, strlen(operation));
  TEXT("\":{");
  if (!brief) {
    TEXT("\"_index\":\"logs-generic-default\",\"_id\":\"");
    append(&answer, id, length);
    TEXT("\",\"_version\":1,\"result\":\"created\",\"_shards\":{\"total\":2,\"successful\":1,\"failed\":0},\"_seq_no\":4711,\"_primary_term\":1,");
  }
  TEXT("\"status\":201}}");
}

/** Where the value of `"_id":"…"` begins. */
static const char *findId(const char *at, const char *end) {
  while ((at = memchr(at, '_', end - at)) && end - at > 6) {
    if (!memcmp(at - 1, "\"_id\":\"", 7)) return at + 6;
    at++;
  }
  return NULL;
}

/** Counts the documents of a body, and writes an item for each into `answer`. */
static void readBulk(const char *at, size_t length, int brief) {
  const char *end = at + length;
  answer.length = 0;
  TEXT("{\"errors\":false,");
  if (!brief) TEXT("\"took\":1,");
  TEXT("\"items\":[");
  for (int first = 1; at < end; first = 0) {
    const char *newline = memchr(at, '\n', end - at);
    if (!newline) break;
    const char *id = findId(at, newline);
    const char *idEnd = id ? memchr(id, '"', newline - id) : NULL;
    if (idEnd) seeId(id, idEnd - id);
    appendItem(at[2] == 'i' ? "index" : "create", id, idEnd ? idEnd - id : 0, first, brief);
    const char *next = memchr(newline + 1, '\n', end - newline - 1);
    counts.docs++;
    at = next ? next + 1 : end;
  }
  noteRest();
  TEXT("]}");
}

#ifdef WITH_LIBDEFLATE
/** A member says at its end how long it was before, modulo 2^32. */
static size_t gunzip(const char *from, size_t length) {
  static struct libdeflate_decompressor *decompressor;
  if (!decompressor) decompressor = libdeflate_alloc_decompressor();
  uint32_t whole;
  size_t total;
  memcpy(&whole, from + length - 4, 4);
  grow(&inflated, whole);
  return libdeflate_gzip_decompress(decompressor, from, length, inflated.at, inflated.room, &total) ? 0 : total;
}
#else
static size_t gunzip(const char *from, size_t length) {
  z_stream z = { .next_in = (Bytef *)from, .avail_in = length };
  inflateInit2(&z, 15 + 16);
  int status = Z_OK;
  while (status == Z_OK) {
    grow(&inflated, z.total_out + (4 << 20));
    z.next_out = (Bytef *)inflated.at + z.total_out;
    z.avail_out = inflated.room - z.total_out;
    status = inflate(&z, Z_NO_FLUSH);
  }
  size_t total = z.total_out;
  inflateEnd(&z);
  return status == Z_STREAM_END ? total : 0;
}
#endif

static void sendAll(int fd, const char *at, size_t length) {
  while (length > 0) {
    ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) { struct pollfd p = { fd, POLLOUT, 0 }; poll(&p, 1, 1000); continue; }
    if (sent < 0) return;
    at += sent, length -= sent;
  }
}

static void respond(int fd, const char *body, size_t length, int withBody) {
  char head[256];
  int size = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-elastic-product: Elasticsearch\r\ncontent-length: %zu\r\n\r\n", length);
  sendAll(fd, head, size);
  if (withBody) sendAll(fd, body, length);
}

static void handle(int fd, Connection *c) {
  char *head = c->in.at, *body = c->in.at + c->head;
  struct timespec now;
  char *lineEnd = memchr(head, '\r', c->head);
  if (!memmem(head, lineEnd - head, "/_bulk", 6)) {
    static const char info[] = "{\"name\":\"sink\",\"cluster_name\":\"sink\",\"version\":{\"number\":\"8.19.0\",\"build_flavor\":\"default\"},\"tagline\":\"You Know, for Search\"}";
    respond(fd, info, sizeof info - 1, head[0] != 'H');
    return;
  }
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t before = counts.docs;
  size_t length = c->body;
  counts.requests++, counts.wire += length;
  int brief = memmem(head, lineEnd - head, "filter_path", 11) != NULL;
  if (length > 2 && (uint8_t)body[0] == 0x1f && (uint8_t)body[1] == 0x8b) length = gunzip(body, length), body = inflated.at;
  counts.bytes += length;
  readBulk(body, length, brief);
  if (counts.docs > before) counts.lastMs = now.tv_sec * 1e3 + now.tv_nsec / 1e6;
  respond(fd, answer.at, answer.length, 1);
  if (before < expected && counts.docs >= expected) report();
}

static size_t headerValue(Connection *c, const char *name) {
  char *at = strcasestr(c->in.at, name);
  return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/** Reads what is there. 0: the connection is over. */
static int receive(int fd, Connection *c) {
  grow(&c->in, c->head ? c->head + c->body + 1 : HEAD_BYTES);
  size_t room = c->head ? c->head + c->body - c->in.length : HEAD_BYTES - 1 - c->in.length;
  ssize_t got = recv(fd, c->in.at + c->in.length, room, 0);
  if (got <= 0) return got < 0 && errno == EINTR;
  c->in.length += got;
  if (!c->head) {
    c->in.at[c->in.length] = 0;
    char *end = strstr(c->in.at, "\r\n\r\n");
    if (!end) return c->in.length < HEAD_BYTES - 1;
    char saved = end[4];
    end[4] = 0; // a body may hold header names too
    c->head = end + 4 - c->in.at;
    c->body = headerValue(c, "\r\ncontent-length:");
    if (strcasestr(c->in.at, "\r\nexpect: 100-continue")) sendAll(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    if (strcasestr(c->in.at, "\r\ntransfer-encoding: chunked")) { fprintf(stderr, "sink: chunked bodies are not read\n"); return 0; }
    end[4] = saved;
  }
  if (c->in.length < c->head + c->body) return 1;
  handle(fd, c);
  c->in.length = c->head = c->body = 0;
  return 1;
}

static void stop(int signal) { (void)signal; stopped = 1; }

static int listenAnywhere(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
  socklen_t size = sizeof address;
  if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 64) || getsockname(fd, (struct sockaddr *)&address, &size)) exit(71);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

int main(int argc, char **argv) {
  static Connection connections[CONNECTIONS + 1];
  struct pollfd fds[CONNECTIONS + 1] = { { listenAnywhere(), POLLIN, 0 } };
  int open = 1, yes = 1;
  expected = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
  for (mask = 1 << 16; mask < expected * 2; mask *= 2);
  seen = mmap(NULL, mask * 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (seen == MAP_FAILED) exit(71);
  madvise(seen, mask * 8, MADV_HUGEPAGE);
  mask--;
  struct sigaction action = { .sa_handler = stop };
  sigaction(SIGTERM, &action, NULL);
  while (!stopped) {
    if (poll(fds, open, -1) < 0) continue;
    for (int i = open - 1; i > 0; i--) {
      if (!fds[i].revents || receive(fds[i].fd, &connections[i])) continue;
      close(fds[i].fd);
      free(connections[i].in.at);
      fds[i] = fds[--open];
      connections[i] = connections[open];
      memset(&connections[open], 0, sizeof(Connection));
    }
    if (fds[0].revents && open <= CONNECTIONS) {
      int fd = accept(fds[0].fd, NULL, NULL);
      if (fd < 0) continue;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      fds[open++] = (struct pollfd){ fd, POLLIN, 0 };
    }
  }
  report();
}
