#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Which system calls a systemd unit's filter would refuse: none, an empty line.

    calls_beyond.py FILE FILTER      FILE: names of calls; FILTER: the unit's SystemCallFilter
"""
import subprocess
import sys

listed = subprocess.run(["systemd-analyze", "syscall-filter"], capture_output=True, text=True, check=True).stdout
sets, name = {}, None
for line in listed.splitlines():
    word = line.strip()
    if line.startswith("@"):
        name = sets[word] = []
    elif word and not word.startswith("#") and name is not None:
        name.append(word)


def calls(word):
    return set().union(*map(calls, sets.get(word, []))) if word.startswith("@") else {word}


allowed = set().union(*map(calls, sys.argv[2].split()))
with open(sys.argv[1], encoding="ascii") as file:
    print(*sorted(set(file.read().split()) - allowed))
