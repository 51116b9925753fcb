# Builds with npm, runs with Node's binary alone: neither npm nor a compiler is in the image.
ARG NODE=node:24-slim

FROM ${NODE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY build.mjs tsconfig.json ./
COPY agent agent
COPY parsers parsers
COPY outputs outputs
RUN npm run build && npm prune --omit=dev \
 && find node_modules -name '*.d.ts' -delete

FROM debian:bookworm-slim
# tini is PID 1: it reaps what shipper leaves behind, and passes signals on.
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o 10001 -g 10001 /var/lib/shipper
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /build/package.json /app/package.json
COPY --from=build /build/node_modules /app/node_modules
COPY --from=build /build/dist /app/dist
ENV NODE_ENV=production SHIPPER_STATE_DIR=/var/lib/shipper
# Checkpoints, source ids, dead letters: the only place that is written to.
VOLUME /var/lib/shipper
# A number, so that Kubernetes' runAsNonRoot can be sure of it. It must be able to read the logs that are mounted.
USER 10001:10001
ENTRYPOINT ["tini", "--", "node", "/app/dist/agent/cli.js"]
