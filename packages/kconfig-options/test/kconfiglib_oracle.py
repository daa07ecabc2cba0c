# SPDX-License-Identifier: GPL-2.0-only
# Evaluates cases with kconfiglib: one JSON document per line on stdin, one answer per line on stdout.
#
# Case:   {"files": {path: text}, "config": text}; the first file read is "Kconfig".
# Answer: {"symbols": {name: {"type", "value", "visibility"}}, "config": text} or {"error": text},
#         or {"crash": text} where kconfiglib fails with an error that is not its own.

import json
import os
import sys
import tempfile

import kconfiglib

# Linux 5.14 limits an implied value by the dependencies of its target, and leaves m as it is (sym_calc_value in
# scripts/kconfig/symbol.c), and counts defaults of members of a choice. These places of kconfiglib are put right.
CHANGES = [
    (
        """                if dep_val and expr_value(self.direct_dep):
                    val = max(dep_val, val)
""",
        """                if dep_val:
                    limit = expr_value(self.direct_dep)
                    val = min(max(dep_val, val), 2 if limit and self.type is BOOL else limit)
""",
    ),
    (
        """            if val == 1 and \\
               (self.type is BOOL or expr_value(self.weak_rev_dep) == 2):
""",
        """            if val == 1 and self.type is BOOL:
""",
    ),
    (
        """        elif vis and self.user_value:
            # Visible choice symbol in m-mode choice, with set non-0 user value
            val = 1
""",
        """        else:
            # Defaults of members count while the choice does not decide.
            if vis and self.user_value is not None:
                val = min(self.user_value, vis)
            else:
                for default, cond in self.defaults:
                    dep_val = expr_value(cond)
                    if dep_val:
                        val = min(expr_value(default), dep_val)
                        if val:
                            self._write_to_conf = True
                        break
            if val == 1 and self.type is BOOL:
                val = 2
""",
    ),
]


def as_the_kernel():
    with open(kconfiglib.__file__, encoding="utf-8") as f:
        source = f.read()
    for old, new in CHANGES:
        if source.count(old) != 1:
            sys.exit("expected kconfiglib 14.1.0: no single place for\n" + old)
        source = source.replace(old, new)
    exec(compile(source, kconfiglib.__file__, "exec"), kconfiglib.__dict__)


def evaluate(case):
    for path, text in case["files"].items():
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
    with open("input.config", "w", encoding="utf-8", newline="") as f:
        f.write(case["config"])
    kconf = kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
    kconf.load_config("input.config")
    symbols = {
        sym.name: {
            "type": kconfiglib.TYPE_TO_STR[sym.orig_type],
            "value": sym.str_value,
            "visibility": kconfiglib.TRI_TO_STR[sym.visibility],
        }
        for sym in kconf.unique_defined_syms
    }
    kconf.write_config("output.config", save_old=False)
    with open("output.config", encoding="utf-8", newline="") as f:
        return {"symbols": symbols, "config": f.read()}


def main():
    as_the_kernel()
    for name in list(os.environ):
        if name.startswith("KCONFIG_") or name in ("srctree", "CONFIG_"):
            del os.environ[name]
    # Python 3.11 refuses to print longer integers by default; its limit is no part of the language.
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for line in sys.stdin:
            case = json.loads(line)
            try:
                answer = evaluate(case)
            except kconfiglib.KconfigError as error:
                answer = {"error": str(error)}
            except Exception as error:
                answer = {"crash": type(error).__name__ + ": " + str(error)[:200]}
            for path in [*case["files"], "input.config", "output.config"]:
                if os.path.exists(path):
                    os.remove(path)
            print(json.dumps(answer), flush=True)
        os.chdir("/")


main()
