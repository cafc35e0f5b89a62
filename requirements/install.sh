#!/bin/sh
# Brings .venv to what requirements/dev.lock says. Called by make when a lock has changed; safe to run at any time.
#
# uv does the work: the one on PATH, else one that pip brings into .make/tools. Everything is checked against the
# hashes in the locks. Set PYTHON to choose the interpreter.
set -eu

say() { printf '%s\n' "$*" >&2; }
recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

python=
for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
    if recent "$candidate"; then
        python=$("$candidate" -c 'import sys; print(sys.executable)')
        break
    fi
done
if [ -z "$python" ]; then
    say "Freshet needs Python 3.11 or later. Found: $( (python3 --version || echo none) 2>&1 )."
    say "  Debian, Ubuntu:  apt-get install python3 python3-venv     (Debian 12, Ubuntu 24.04 or later)"
    say "  Fedora:          dnf install python3"
    say "  macOS:           brew install python@3.13"
    say "Installed elsewhere? make PYTHON=/path/to/python3"
    exit 1
fi

if command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; then
    uv=uv
else
    uv=.make/tools/bin/uv
    if ! cmp -s requirements/tools.lock .make/tools/tools.lock || ! "$uv" --version >/dev/null 2>&1; then
        if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
            say "$python has no venv (the standard library's, with ensurepip)."
            say "  Debian, Ubuntu:  apt-get install python$version-venv"
            say "  Fedora:          dnf install python3-pip python3-libs"
            say "  macOS:           brew install python@3.13"
            exit 1
        fi
        say "Installing uv into .make/tools"
        rm -rf .make/tools
        "$python" -m venv .make/tools
        .make/tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
            -r requirements/tools.lock
        cp requirements/tools.lock .make/tools/tools.lock
    fi
fi

# The interpreter is the machine's own; nothing but packages is downloaded.
export UV_PYTHON_DOWNLOADS=never
unset VIRTUAL_ENV CONDA_PREFIX

if ! recent .venv/bin/python; then # also where the checkout was moved, or its Python is gone
    "$uv" venv --quiet --no-project --clear --python "$python" .venv
fi
say "Bringing .venv to requirements/dev.lock"
"$uv" pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes --build-constraints requirements/tools.lock \
    requirements/dev.lock
"$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
