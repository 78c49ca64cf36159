#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""time.py RUNS LABEL COMMAND...: medians over RUNS whole runs after one to warm up."""
import os, statistics, sys, time

runs, label, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
rows = []
for i in range(runs + 1):
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if i:
        rows.append((time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
wall, cpu, peak = (statistics.median(column) for column in zip(*rows))
print(f"{label:45} wall {wall:8.4f} s  cpu {cpu:8.4f} s  peak {peak:7.1f} MiB"
      + ("" if status == 0 else f"  status {os.waitstatus_to_exitcode(status)}"))
