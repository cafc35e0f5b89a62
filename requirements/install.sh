#!/bin/sh
# Brings .venv to what requirements/dev.lock says. Called by make when a lock has changed; safe to run at any time.
#
# uv does the work: the one on PATH, else one that pip brings into .make/tools. Everything is checked against the
# hashes in the locks. PYTHON chooses the interpreter: a program, or a version (3.13) that uv fetches if it is missing.
set -eu

# Newest first: those for which every pin of the locks has a wheel, but for PySpark's. `make wheels` checks it.
supported="3.14 3.13 3.12 3.11"
say() { printf '%s\n' "$*" >&2; }
version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo none; }
is_supported() { case " $supported " in *" $1 "*) ;; *) return 1 ;; esac; }
refuse() {
    say "Freshet needs Python 3.11 to 3.14. Found: $1."
    say "Install one (apt-get install python3 python3-venv, dnf install python3.13, brew install python@3.13), name one" \
        "(make PYTHON=/path/to/python3 demo), or let uv fetch one (make PYTHON=3.13 demo)."
    exit 1
}

if command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; then
    uv=uv
else
    uv=.make/tools/bin/uv
    if ! cmp -s requirements/tools.lock .make/tools/tools.lock || ! "$uv" --version >/dev/null 2>&1; then
        # Any Python can bring uv, also one that is too new for the locks.
        maker=
        for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
            if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then
                maker=$candidate
                break
            fi
        done
        if [ -z "$maker" ]; then
            version=$(version_of python3)
            is_supported "$version" || refuse "$( (python3 --version || echo none) 2>/dev/null)"
            say "Python $version has no venv (the standard library's, with ensurepip), which installs uv."
            say "  Debian, Ubuntu:  apt-get install python$version-venv"
            say "  Fedora:          dnf install python3-pip python3-libs"
            say "  macOS:           brew install python@3.13"
            exit 1
        fi
        say "Installing uv into .make/tools, about 25 MB"
        rm -rf .make/tools
        "$maker" -m venv .make/tools
        .make/tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
            -r requirements/tools.lock
        cp requirements/tools.lock .make/tools/tools.lock
    fi
fi
unset VIRTUAL_ENV CONDA_PREFIX

# The interpreter is the machine's own, unless a version was asked for that it does not have.
UV_PYTHON_DOWNLOADS=never
python=
case "${PYTHON:-}" in
"")
    for version in $supported; do # whatever the program `python3` is
        python=$("$uv" python find --system --no-project "$version" 2>/dev/null) && break
    done
    [ -n "$python" ] || refuse "$( (python3 --version || echo none) 2>/dev/null)"
    version=
    ;;
[0-9]*)
    case "$PYTHON" in *.*.*) version=${PYTHON%.*} ;; *) version=$PYTHON ;; esac
    is_supported "$version" || refuse "PYTHON=$PYTHON"
    python=$PYTHON
    UV_PYTHON_DOWNLOADS=automatic
    ;;
*)
    version=$(version_of "$PYTHON")
    is_supported "$version" || refuse "PYTHON=$PYTHON, $( ("$PYTHON" --version || echo none) 2>/dev/null)"
    python=$PYTHON
    ;;
esac
export UV_PYTHON_DOWNLOADS

present=$(version_of .venv/bin/python) # none also where the checkout was moved, or its Python is gone
if ! is_supported "$present" || [ "${version:-$present}" != "$present" ]; then
    "$uv" venv --quiet --no-project --clear --python "$python" .venv
fi
say "Bringing .venv to requirements/dev.lock, about 0.7 GB if nothing is there yet"
"$uv" pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes --build-constraints requirements/tools.lock \
    requirements/dev.lock
"$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
