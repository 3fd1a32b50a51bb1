"""`python -m tests.benchmarks [NAME]`: runs all benchmarks, or one; prints a table and writes `var/bench/results.json`."""

import os
import sys
import time
from typing import Any

from tests.benchmarks.results import RESULTS, machine, measured, save, table

# Modules of this package, with the names of the rows that their `run` returns.
BENCHMARKS = {
    "visualization": ("visualization_vs_lucent",),
    "occlusion": ("occlusion_vs_captum", "occlusion_layer_vs_captum"),
    "exemplars": ("exemplars_vs_plain",),
    "contrastive": ("contrastive_vs_allpairs",),
    "answers": ("answers_per_second", "answers_p95", "answers_per_second_paced", "answers_per_second_sqlite"),
    "load": ("sessions_per_minute", "images_per_second", "sessions_per_minute_sqlite", "images_per_second_sqlite"),
    "cache_hit": ("stimulus_cache_hit", "stimulus_cache_hit_sqlite"),
    "otree": ("answers_vs_otree",),
    "export": (
        *("export_vs_copy", "export_parquet", "export_pages_flat", "export_analysis_table"),
        *("export_sqlite", "export_parquet_sqlite", "export_1m3"),
    ),
    "label_studio": ("export_vs_label_studio", "export_json_vs_label_studio"),
    "timing": ("timing_rt_error", "timing_onset", "timing_rt_error_firefox", "timing_onset_firefox"),
    "likelihood": ("likelihood_vs_adaptive",),
    "active_tests": ("active_test_vs_single",),
    "metrics": ("mcc_vs_python", "ari_vs_python", "contrast_vs_rows"),
}


def main(words: list[str]) -> int:
    """Run what was asked for; the exit code is 2 for an unknown name, 1 if a benchmark failed."""
    chosen = [module for module, names in BENCHMARKS.items() if not words or words[0] in (module, *names)]
    if not chosen or len(words) > 1:
        known = ", ".join(name for names in BENCHMARKS.values() for name in names)
        print(f"benchmark: {' '.join(words)!r} is unknown. Choose one of {known}", file=sys.stderr)
        return 2
    rows: list[dict[str, Any]] = []
    for number, module in enumerate(chosen, start=1):
        print(f"[{number}/{len(chosen)}] {', '.join(BENCHMARKS[module])} ...", end=" ", flush=True)
        started, load = time.perf_counter(), os.getloadavg()[0]
        try:
            measurements = measured(module)
        except Exception as error:  # the other benchmarks are still wanted
            print(f"failed: {type(error).__name__}: {error}", flush=True)
            continue
        print(f"done in {time.perf_counter() - started:.0f} s", flush=True)
        rows += [{**row, "detail": f"{row['detail']}; {machine()}, load {load:.1f} before"} for row in measurements]
        save(rows)
    print(table(rows))
    print(f"Written to {RESULTS}")
    return 0 if {row["name"] for row in rows} >= {name for module in chosen for name in BENCHMARKS[module]} else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
