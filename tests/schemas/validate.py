"""validate.py SCHEMA HOW FILE: is each document of the file one that the schema takes? HOW: whole,
a line each, or ended by NUL each. Prints how many there were."""
import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
with open(sys.argv[3], encoding="utf-8") as file:
    text = file.read()
parts = {"whole": [text], "lines": text.splitlines(), "nul": text.split("\0")[:-1]}[sys.argv[2]]
validator = jsonschema.validators.validator_for(schema)
validator.check_schema(schema)
for part in parts:
    validator(schema).validate(json.loads(part))
print(len(parts))
