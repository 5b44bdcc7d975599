# Two stages: one that compiles, one that holds the binary, its site folder and the models, and runs as nobody.

FROM docker.io/library/rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends binaryen nodejs npm \
    && rm -rf /var/lib/apt/lists/* \
    && rustup target add wasm32-unknown-unknown
WORKDIR /src
COPY . .
RUN npm ci --loglevel=error
RUN cargo build --release --workspace --bins --locked && target/release/xtask site --strict

FROM docker.io/library/debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/investbuddy --create-home investbuddy
COPY --from=build /src/target/release/investbuddy /opt/investbuddy/investbuddy
COPY --from=build /src/target/release/site /opt/investbuddy/site
COPY --from=build /src/data/models /opt/investbuddy/data/models
COPY --from=build /src/data/glossary /opt/investbuddy/data/glossary
COPY --from=build /src/NOTICE /src/LICENSE-MIT /src/LICENSE-APACHE /opt/investbuddy/
USER investbuddy
WORKDIR /opt/investbuddy
ENV INVESTBUDDY_ADDR=0.0.0.0:3000 \
    INVESTBUDDY_DATA_DIR=/var/lib/investbuddy
VOLUME /var/lib/investbuddy
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:3000/healthz"]
ENTRYPOINT ["/opt/investbuddy/investbuddy"]
CMD ["serve"]
