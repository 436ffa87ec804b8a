"""Times the collection of garbage beside the peer's `garbage-collect`, on equal copies of one made store.

The store is written as files in the layout that both know, so that nothing but the collection is measured. Each trial has
a fresh copy; the sides take turns. `Benchmarks/collection` runs it.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OLD = 7 * 86_400
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Store:
    """Writes a store's files, all of them a week old."""

    def __init__(self, root):
        self.base = f"{root}/docker/registry/v2"
        self.time = time.time() - OLD

    def write(self, path, content):
        place = f"{self.base}/{path}"
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(content)
        os.utime(place, (self.time, self.time))

    def blob(self, content):
        name = digest(content)
        self.write(f"blobs/sha256/{name[:2]}/{name}/data", content)
        return name

    def link(self, path, name):
        self.write(f"{path}/link", f"sha256:{name}".encode())


def fill(root, options):
    """Writes repositories of images. Of the images a share has no tag; of the blobs a share has no manifest."""
    store, source = Store(root), random.Random(options.seed)
    lost = int(options.blobs * options.garbage)
    each = (options.blobs - lost) // options.images
    untagged = 0
    for number in range(options.images):
        repository = f"repositories/team{number % options.repositories % 40}/r{number % options.repositories}"
        names = []
        for _ in range(each):
            names.append(store.blob(source.randbytes(options.size)))
            store.link(f"{repository}/_layers/sha256/{names[-1]}", names[-1])
        parts = [{"mediaType": "application/octet-stream", "digest": f"sha256:{name}", "size": options.size} for name in names]
        text = {"schemaVersion": 2, "mediaType": MANIFEST, "config": parts[0], "layers": parts[1:]}
        manifest = store.blob(json.dumps(text).encode())
        store.link(f"{repository}/_manifests/revisions/sha256/{manifest}", manifest)
        if source.random() < options.untagged:
            untagged += 1
            continue
        tag = f"{repository}/_manifests/tags/t{number // options.repositories}"
        store.link(f"{tag}/current", manifest)
        store.link(f"{tag}/index/sha256/{manifest}", manifest)
    for _ in range(lost):
        store.blob(source.randbytes(options.size))
    return {
        "repositories": options.repositories,
        "images": options.images,
        "without a tag": untagged,
        "blobs": each * options.images + lost + options.images,
        "garbage": lost + untagged * (each + 1),
    }


def count(root):
    """How many files lie where a registry looks for them, by kind."""
    found = {"blobs": 0, "revisions": 0, "layer links": 0, "quarantine": 0}
    for folder, _, files in os.walk(f"{root}/docker/registry/v2"):
        if "/_registryd" in folder:
            if "/_registryd/quarantine" in folder:
                found["quarantine"] += len(files)
        elif "/blobs/" in folder:
            found["blobs"] += len(files)
        elif "/_manifests/revisions/" in folder:
            found["revisions"] += len(files)
        elif "/_layers/" in folder:
            found["layer links"] += len(files)
    return found


def age(root, seconds):
    """Lets time pass for what is in quarantine: the ledgers' times are set back."""
    for folder, _, files in os.walk(f"{root}/docker/registry/v2/_registryd/collection/seen"):
        for name in files:
            path = Path(folder, name)
            lines = [line.split(" ", 1) for line in path.read_text().splitlines()]
            path.write_text("".join(f"{int(when) - seconds} {rest}\n" for when, rest in lines))


def run(command, log):
    """Runs a command to its end: seconds by the wall, seconds of the processors, MiB at the most."""
    os.sync()
    with open(log, "ab") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{Path(log).read_text()[-2000:]}")
    return {
        "seconds": round(seconds, 1),
        "cpu": round(usage.ru_utime + usage.ru_stime, 1),
        "MiB": round(usage.ru_maxrss / 1024),
    }


def trial(side, master, work, options):
    """One side's collection on a fresh copy, pass by pass."""
    copy = f"{work}/copy"
    # Copied by the system's program: the copies are as equal as it makes them, times included.
    subprocess.run(["cp", "-a", master, copy], check=True)
    configuration = Path(work, "config.yml")
    configuration.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {copy}}}, delete: {{enabled: true}}}}\n"
        "http: {addr: 127.0.0.1:0}\nlog: {level: error}\n"
    )
    log = f"{work}/log"
    passes = []
    if side == "peer":
        command = [options.peer, "garbage-collect", "--delete-untagged", str(configuration)]
        passes.append(("removes", command))
    else:
        command = [options.registryd, "garbage-collect", "--delete-untagged", str(configuration), "--grace"]
        if side == "ours":
            passes.append(("removes", [*command, "0"]))
        else:
            # What only the manifests referred to that went first goes in two more runs.
            names = ["takes away", "removes", "takes away the rest", "removes the rest"]
            passes += [(name, [*command, "3600"]) for name in names]
    for name, command in passes:
        before = count(copy)
        result = run(command, log)
        after = count(copy)
        gone = {kind: before[kind] - after[kind] for kind in before if before[kind] != after[kind]}
        print(json.dumps({"side": side, "pass": name, **result, "gone": gone}), flush=True)
        age(copy, 7200)
    shutil.rmtree(copy)
    os.unlink(log)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--registryd", required=True, help="the program, built with optimisation")
    parser.add_argument("--peer", default="docker-registry", help="the peer's program")
    parser.add_argument("--repositories", type=int, default=2_000)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--blobs", type=int, default=200_000, help="without manifests")
    parser.add_argument("--size", type=int, default=1_024, help="bytes of a blob")
    parser.add_argument("--untagged", type=float, default=0.2, help="the share of images without a tag")
    parser.add_argument("--garbage", type=float, default=0.2, help="the share of blobs without a manifest")
    parser.add_argument("--rounds", type=int, default=2, help="how often each side has its turn")
    parser.add_argument("--sides", default="ours,peer", help="of ours, peer, ours-online")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="where the stores are made; the system's temporary folder without it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="registryd-collection-", dir=options.folder) as work:
        master = f"{work}/master"
        print(json.dumps({"store": fill(master, options), "files": count(master)}), flush=True)
        for _ in range(options.rounds):
            for side in options.sides.split(","):
                trial(side, master, work, options)


if __name__ == "__main__":
    main()
