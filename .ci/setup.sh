#!/usr/bin/env bash
# Set up the virtual environment and, where it may, three system packages: bubblewrap (the wall
# around a student's notebook), Chromium (the browser tests) and PostgreSQL (the test of a gradebook
# on a database server, which starts one of its own).
set -euo pipefail
python=$1 venv=$2

say() { printf '==> %s\n' "$*"; }

"$python" - <<'PY' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
import sys
sys.exit(sys.version_info < (3, 11))
PY

missing=()
command -v bwrap >/dev/null || missing+=(bubblewrap)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
have_postgres() { command -v postgres || compgen -G "/usr/lib/postgresql/*/bin/postgres"; }
have_postgres >/dev/null || missing+=(postgresql)
if [ ${#missing[@]} -gt 0 ]; then
  sudo=$([ "$(id -u)" = 0 ] || echo "sudo -n")
  if command -v apt-get >/dev/null && $sudo true 2>/dev/null; then
    say "installing the system packages ${missing[*]}"
    if ! { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/tmp/cvlib-apt.$$ 2>&1; then
      tail -5 /tmp/cvlib-apt.$$ >&2
    fi
    rm -f /tmp/cvlib-apt.$$
  fi
  for package in "${missing[@]}"; do
    case $package in bubblewrap) have="command -v bwrap" use="grading needs it (or cvlib-grade run --unsafe)" ;;
                     postgresql) have=have_postgres use="only one test needs it, and is left out without" ;;
                     *) have="command -v chromium" use="only the browser tests need it" ;; esac
    $have >/dev/null ||
      say "$package is not installed: $use. To install it: sudo apt-get install $package"
  done
fi

say "creating $venv with the versions of constraints.txt (a few minutes the first time)"
"$python" -m venv "$venv" || { echo "python3 -m venv failed; on Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
total=$(grep -c == constraints.txt)
"$venv/bin/python" -m pip install --progress-bar off --disable-pip-version-check \
  -c constraints.txt -e ".[torch,book,grading,dev]" 2>&1 | awk -v total="$total" '
    /^(Collecting|Processing)/ {
      name = $2; sub(".*/", "", name)
      printf "\r\033[K    fetching %d of about %d: %s", ++n, total, name; fflush()
    }
    /^Installing collected/ { printf "\r\033[K    unpacking them\n"; fflush() }
    /^ *(ERROR|error:)/ { print "\n" $0; fflush() }'
touch "$venv/installed"
say "$venv is ready"
