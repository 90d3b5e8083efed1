# Every service of ours: one image, started with another command. The classic builder and BuildKit both build it.
ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The optional packages are Nodes for machines without one.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM ${NODE_IMAGE} AS web
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Vite brings its native half as an optional package.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.json
COPY shared shared
COPY services/console services/console
RUN npx vite build --config services/console/vite.config.ts

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
# A new volume takes over the owner of the folder that it is mounted on: init and the console, which are not root, may
# write there.
RUN mkdir -m 0700 /var/lib/tailrace /var/lib/tailrace-index && chown node:node /var/lib/tailrace /var/lib/tailrace-index \
 && printf '#!/bin/sh\nexec node /app/services/cli/main.ts "$@"\n' > /usr/local/bin/tailrace \
 && chmod 0755 /usr/local/bin/tailrace
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY shared shared
COPY services services
COPY --from=web /app/services/console/web/dist services/console/web/dist
USER node
