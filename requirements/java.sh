#!/bin/sh
# Ends with 0 where a Java that can run the broker is there, else says what to install.
set -eu

least=17
java=java
if [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then
    java=$JAVA_HOME/bin/java
fi

# macOS has a /usr/bin/java that only says where to buy one: asking for the version tells it apart.
if banner=$("$java" -version 2>&1); then
    # "17.0.15", "21-ea"; and "1.8.0_392" for what everybody calls 8.
    major=$(printf '%s\n' "$banner" | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9][0-9]*\).*/\2/p' | head -n 1)
    if [ "${major:-0}" -ge "$least" ]; then
        exit 0
    fi
    found="Java ${major:-of unknown version} ($(command -v "$java" || echo "$java"))"
else
    found="no Java"
fi

{
    echo "The broker needs Java $least or later. Found: $found."
    echo "  Debian, Ubuntu:  apt-get install openjdk-17-jre-headless   (or openjdk-21-jre-headless)"
    echo "  Fedora:          dnf install java-21-openjdk-headless"
    echo "  macOS:           brew install openjdk@21, then export JAVA_HOME=\$(brew --prefix openjdk@21)"
    echo "Installed elsewhere? Set JAVA_HOME to it."
} >&2
exit 1
