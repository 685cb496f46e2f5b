# Writes the ONNX project's own test models of operators, one file each, as a corpus: python onnx-operators.py FOLDER
import pathlib, sys

from onnx.backend.test.case.node import collect_testcases

for case in collect_testcases(None):
    content = case.model.SerializeToString() if case.model else b""
    if 0 < len(content) <= 4096:
        (pathlib.Path(sys.argv[1]) / f"operator-{case.name[:80]}").write_bytes(content)
