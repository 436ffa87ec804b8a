"""What the machine gives a push at the most: its disk and its hash, each alone."""
import os
import re
import subprocess
import time


def disk_megabytes_per_second(source, folder, size):
    """`dd` with fsync of an incompressible file that is in memory, on the disk where the stores are."""
    target = f'{folder}/dd'
    started = time.monotonic()
    subprocess.run(['dd', f'if={source}', f'of={target}', 'bs=1M', 'conv=fsync'], check=True, capture_output=True)
    seconds = time.monotonic() - started
    os.unlink(target)
    return size / 1e6 / seconds


def sha256_megabytes_per_second():
    """`openssl speed` on one thread, in pieces of 1 MiB."""
    output = subprocess.run(['openssl', 'speed', '-elapsed', '-seconds', '1', '-bytes', '1048576', '-evp', 'sha256'],
                            check=True, capture_output=True, text=True).stdout
    return float(re.search(r'([\d.]+)k\s*$', output.strip())[1]) / 1000
