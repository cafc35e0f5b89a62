#!/bin/sh
# Ends with 0 where a Java that can run the broker is there, else says what to install. Looks where
# infra/embedded/java/find.py looks, but before there is a Python environment to run that with.
set -u

least=17
found="no Java"
for java in ${JAVA_HOME:+"$JAVA_HOME/bin/java"} java \
    /opt/homebrew/opt/openjdk/bin/java /opt/homebrew/opt/openjdk@21/bin/java /opt/homebrew/opt/openjdk@17/bin/java \
    /usr/local/opt/openjdk/bin/java /usr/local/opt/openjdk@21/bin/java /usr/local/opt/openjdk@17/bin/java; do
    # macOS has a /usr/bin/java that only says where to get one: asking for the version tells it apart.
    banner=$("$java" -version 2>&1) || continue
    # "17.0.15", "21-ea"; and "1.8.0_392" for what everybody calls 8.
    major=$(printf '%s\n' "$banner" | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9][0-9]*\).*/\2/p' | head -n 1)
    if [ "${major:-0}" -ge "$least" ]; then
        exit 0
    fi
    found="Java ${major:-of unknown version} ($(command -v "$java"))"
done

cat >&2 <<END
The broker needs Java $least or later. Found: $found.
  Debian, Ubuntu:  apt-get install openjdk-21-jre-headless   (openjdk-17-jre-headless on older ones)
  Fedora:          dnf install java-21-openjdk-headless
  macOS:           brew install openjdk@21
Installed elsewhere? Set JAVA_HOME to it.
END
exit 1
