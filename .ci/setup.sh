#!/usr/bin/env bash
# Set up everything: bash .ci/setup.sh PYTHON VENV. The environment, and beside it, where it may,
# three system packages: bubblewrap (the wall around a student's notebook), Chromium (the browser
# tests) and PostgreSQL (the test of a gradebook on a database server, which starts its own).
set -euo pipefail
wanted=$1 venv=$2

say() { printf '==> %s\n' "$*"; }

read -r oldest too_new < <(
  sed -n 's/^requires-python = ">=3\.\([0-9]*\),<3\.\([0-9]*\)"$/\1 \2/p' pyproject.toml)
fits() {
  "$1" -c "import sys; sys.exit(not (3, $oldest) <= sys.version_info[:2] < (3, $too_new))" \
    >/dev/null 2>&1
}
python=
for candidate in "$wanted" $(seq -f 'python3.%g' $((too_new - 1)) -1 "$oldest"); do
  if fits "$candidate"; then python=$candidate; break; fi
done
version=$("$wanted" -c 'import platform; print(platform.python_version())' 2>/dev/null || echo "not a Python 3")
if [ -z "$python" ]; then
  say "Python 3.$oldest to 3.$((too_new - 1)) is needed, and $wanted is $version." \
    "With another one: make PYTHON=/path/to/python3.$oldest" >&2
  exit 1
elif [ "$python" != "$wanted" ]; then
  say "$wanted is $version, and Python 3.$oldest to 3.$((too_new - 1)) is needed: using $python"
fi

missing=()
command -v bwrap >/dev/null || missing+=(bubblewrap)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
  command -v google-chrome >/dev/null || missing+=(chromium)
command -v initdb >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null ||
  missing+=(postgresql)
sudo=$([ "$(id -u)" = 0 ] || echo "sudo -n")
log=$(mktemp) packages=
system_packages() {
  $sudo apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}"
}
if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null && $sudo true 2>/dev/null; then
  say "installing beside it the system packages ${missing[*]}"
  system_packages >"$log" 2>&1 </dev/null &
  packages=$!
fi

status=0
"$python" .ci/install.py "$venv" || status=$?
[ -z "$packages" ] || wait "$packages" || tail -n 5 "$log" >&2
rm -f "$log"
[ "$status" = 0 ] || exit "$status"
"$venv/bin/python" .ci/doctor.py "$venv" --missing
touch "$venv/installed"
