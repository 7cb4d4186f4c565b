# Saprolite in a container.
#
#   docker build -t saprolite .
#   docker build -t saprolite --build-arg PULL=yes .    # with the engine and the default model inside
#   docker run --rm --network host saprolite
#
# Saprolite listens on loopback addresses and unix sockets only, so "-p 8484:8484" reaches
# nobody. Share the network of the host, as above, that of the application's container or
# pod, or a socket:
#
#   docker run --rm -v saprolite:/run/saprolite saprolite serve --listen unix:/run/saprolite/socket

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY internal internal
ARG VERSION=container
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /saprolite ./cmd/saprolite

# Python runs the managed engine, which needs the runtime of OpenMP.
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --create-home saprolite \
 && install -d -o saprolite -g saprolite /var/lib/saprolite /run/saprolite
COPY --from=build /saprolite /usr/local/bin/saprolite
USER saprolite
ENV SAPROLITE_DATA=/var/lib/saprolite
ARG PULL=no
RUN if [ "$PULL" = yes ]; then saprolite pull; fi
ENTRYPOINT ["saprolite"]
CMD ["serve"]
