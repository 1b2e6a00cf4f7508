#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Get what drives Chromium in the tests of the page: playwright-core, of one version with one content, by npm. No other package
# comes with it, and nothing of it is run while it is installed.
#
#	install-browser-tests.sh [FOLDER]    default: build/browser-tests; prints FOLDER when all is there
set -euo pipefail

version=1.61.0 # the newest that runs with Debian 12's Node.js 18
sha512=71a5fb4eb637325e9e8320d7d1651c4c70f1a1d97f6f9d72e7024e742100dfa42f88afecda0d3cd61be61acf1e684dc359be8d61943a0633bf4243513de9e83c
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$root/build/browser-tests}
package=$folder/node_modules/playwright-core

if [[ -e $package/complete-$version ]]; then
	echo "$folder"
	exit
fi
for tool in node npm; do
	command -v "$tool" >/dev/null || { echo "install-browser-tests.sh: no $tool here: apt-get install nodejs npm" >&2; exit 3; }
done

mkdir -p "$folder"
work=$(mktemp -d "$folder/get.XXXXXX")
trap 'rm -rf "$work"' EXIT
if ! npm_config_cache=$work/cache npm_config_update_notifier=false \
	npm pack "playwright-core@$version" --pack-destination "$work" >"$work/log" 2>&1; then
	cat "$work/log" >&2
	exit 1
fi
if ! sha512sum -c --status <<<"$sha512  $work/playwright-core-$version.tgz"; then
	echo "install-browser-tests.sh: playwright-core $version is not what it was: it is not used" >&2
	exit 1
fi
mkdir "$work/package"
tar -xzf "$work/playwright-core-$version.tgz" -C "$work/package" --strip-components=1 --no-same-owner
touch "$work/package/complete-$version"
rm -rf "$package"
mkdir -p "$folder/node_modules"
mv "$work/package" "$package"
echo "$folder"
