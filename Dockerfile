# docs/deployment.md says how to use it. The Debian image, because the gateway is tested with glibc.
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Nothing needs an install script. The image has its own Node, so the optional one stays out.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    DATABASE_URL=file:/data/gateway.db
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY drizzle ./drizzle
COPY src ./src
RUN ln -s /app/src/gateway.mjs /usr/local/bin/experiment-gateway \
    && install -d -m 0700 -o 1000 -g 1000 /data
# The user "node" of the base image. A number, so that Kubernetes can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 4000
# The base image has neither curl nor wget.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["experiment-gateway"]
CMD ["serve"]
