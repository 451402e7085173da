#!/usr/bin/env python3
"""figures.py NAME STATUS SECONDS - what a benchmark printed, on standard input, as an object of JSON: each
line as it is, with the numbers in it and the words behind them."""
import json, re, sys

number = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)(?:\s*(%|[A-Za-zµ/][\w/%]*))?")
lines = []
for line in sys.stdin.read().splitlines():
    figures = []
    for m in number.finditer(line):
        value = float(m[1].replace(",", ""))
        figures.append({"value": int(value) if value.is_integer() else value, "unit": m[2] or ""})
    lines.append({"text": line, "figures": figures})
name, status, seconds = sys.argv[1:]
print(json.dumps({"bench": name, "status": int(status), "seconds": int(seconds), "lines": lines}))
