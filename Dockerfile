# The image: what `docker run registry:2` and `registry:3` find in theirs, with our program in it. Either name of the
# program works, either path of the configuration file, and the same port, volume and entry point.
#
#   docker build -t registryd .
#   docker run -d -p 5000:5000 --restart=always --name registry registryd
#
# It runs as root, as the replaced images do, so that a volume which they wrote can be read. `--user registry` (65532)
# runs it without root, on a volume that this user may write to.
ARG BUILD_IMAGE=swift:6.3-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl-dev libcrypt-dev zlib1g-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product registryd \
    && install -D -s "$(swift build -c release --static-swift-stdlib --show-bin-path)/registryd" /out/bin/registryd

FROM ${BASE_IMAGE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libcrypt1 libssl3 libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 65532 registry \
    && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /var/lib/registry --shell /usr/sbin/nologin registry \
    && mkdir -p /etc/docker/registry /etc/distribution /var/lib/registry \
    && ln -s /etc/docker/registry/config.yml /etc/distribution/config.yml \
    && chown registry:registry /var/lib/registry
COPY --from=build /out/bin/registryd /bin/registryd
COPY Packaging/container/entrypoint.sh /entrypoint.sh
COPY Packaging/container/config.yml /etc/docker/registry/config.yml
RUN ln -s registryd /bin/registry && chmod 755 /entrypoint.sh /bin/registryd
# The replaced image says this, so that scripts which look for it find it; here nothing is traced unless it is asked for.
ENV OTEL_TRACES_EXPORTER=none
VOLUME ["/var/lib/registry"]
EXPOSE 5000
ENTRYPOINT ["/entrypoint.sh"]
CMD ["/etc/docker/registry/config.yml"]
