"""Asks a module through PyPI's `opa-wasmtime`: `python sdk.py MODULE DATA CASES`.

A line of JSON for each case: the text that the SDK makes of the input (it takes no text), and the answer.
"""

import json
import sys

from opa_wasmtime import OPAPolicy

module, data, cases = sys.argv[1:]
policy = OPAPolicy(module)
with open(data, encoding="utf-8") as file:
    policy.set_data(json.load(file))
with open(cases, encoding="utf-8") as file:
    for line in file:
        value = json.loads(json.loads(line))
        answer = policy.evaluate(value, "plimsoll/decision")
        print(json.dumps({"text": json.dumps(value), "answer": answer}))
