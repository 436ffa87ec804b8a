#!/bin/sh
# The entry point of the replaced images: a configuration file alone is served, a verb or a flag is the program's, and
# anything else is run as it is.
set -e
case "$1" in
    *.yaml | *.yml) set -- registry serve "$@" ;;
    serve | garbage-collect | check | explain | help | completion | -*) set -- registry "$@" ;;
esac
exec "$@"
