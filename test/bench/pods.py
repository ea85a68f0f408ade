#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Pods on a real `ekube server`: lines of "name<TAB>value<TAB>unit" for test/bench/run.

    pods.py EKUBE WORK IMAGE.tar        WORK: a folder of its own; in namespaces of its own

From the POST of a pod to the event that says it runs, as any client sees it, against `runc run` alone with the
same files in the same run.
"""
import base64, http.client, json, os, re, shutil, signal, ssl, statistics, subprocess, sys, tarfile, time

EKUBE, WORK, IMAGE = sys.argv[1:4]
DATA, CONFIG, LOG = WORK + "/pods", WORK + "/pods.yaml", WORK + "/pods.log"
NAME = "docker.io/library/busybox:1.36"
SINGLE, BURST = 40, 30
now = time.monotonic


def row(name, value, unit):
    print(f"{name}\t{value}\t{unit}", flush=True)


def ms(seconds):
    return round(seconds * 1000, 1)


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p / 100))]


class Server:
    """A server process and one connection to its API."""

    def __init__(self):
        if os.path.exists(CONFIG):
            os.unlink(CONFIG)
        self.began = now()
        self.process = subprocess.Popen(
            [EKUBE, "server", "--data-dir", DATA, "--write-kubeconfig", CONFIG, "--node-name", "bench"],
            stdout=open(LOG, "a"), stderr=subprocess.STDOUT)
        self.until(lambda: os.path.exists(CONFIG) and os.path.getsize(CONFIG) > 0)
        self.connection = self.connect()

    def until(self, what, seconds=20):
        end = now() + seconds
        while not what():
            if now() > end or self.process.poll() is not None:
                sys.exit(f"bench: gave up waiting; see {LOG}")
            time.sleep(0.001)
        return now()

    def connect(self):
        text = open(CONFIG).read()
        for key in ("certificate-authority", "client-certificate", "client-key"):
            data = re.search(key + r'-data: *"?([A-Za-z0-9+/=]+)', text).group(1)
            with open(f"{WORK}/{key}.pem", "wb") as f:
                f.write(base64.b64decode(data))
        tls = ssl.create_default_context(cafile=WORK + "/certificate-authority.pem")
        tls.load_cert_chain(WORK + "/client-certificate.pem", WORK + "/client-key.pem")
        port = int(re.search(r"server: .*:(\d+)", text).group(1))
        return http.client.HTTPSConnection("127.0.0.1", port, context=tls, timeout=60)

    def call(self, verb, path, body=None):
        self.connection.request(verb, path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text)

    def node_is_ready(self):
        status, node = self.call("GET", "/api/v1/nodes/bench")
        return status == 200 and any(c["type"] == "Ready" and c["status"] == "True"
                                     for c in node.get("status", {}).get("conditions", []))

    def can_make_pods(self):
        return self.call("GET", "/api/v1/namespaces/default/serviceaccounts/default")[0] == 200

    def create(self, name):
        status, answer = self.call("POST", "/api/v1/namespaces/default/pods", {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {"terminationGracePeriodSeconds": 0,
                     "containers": [{"name": "c", "image": NAME, "command": ["sleep", "100000"]}]}})
        if status != 201:
            sys.exit(f"bench: {answer}")

    def watch(self):
        """The stream of a watch, open: its head has been answered."""
        watching = self.connect()
        watching.request("GET", "/api/v1/namespaces/default/pods?watch=1&resourceVersion=0")
        return watching.getresponse()

    def delete_pods(self):
        self.call("DELETE", "/api/v1/namespaces/default/pods?gracePeriodSeconds=0")
        self.until(lambda: not self.call("GET", "/api/v1/namespaces/default/pods")[1]["items"])

    def pss(self):
        """Of the server and its shims: kB. Containers themselves are the user's."""
        total = 0
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                exe = os.readlink(f"/proc/{pid}/exe")
                mine = int(pid) == self.process.pid or "ekube-shim" in exe and self.holds(pid)
                if mine:
                    total += int(re.search(r"^Pss: +(\d+)", open(f"/proc/{pid}/smaps_rollup").read(), re.M).group(1))
            except OSError:
                pass
        return total

    @staticmethod
    def holds(pid):
        return DATA in os.readlink(f"/proc/{pid}/cwd")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def running(stream, names):
    """When each of the pods was said to run, from the watch."""
    seen = {}
    while len(seen) < len(names):
        event = json.loads(stream.readline())
        pod = event["object"]
        name = pod["metadata"]["name"]
        if name in names and name not in seen and pod.get("status", {}).get("phase") == "Running":
            seen[name] = now()
    return seen


def start(what):
    server = Server()
    ready = server.until(server.node_is_ready)
    row(f"{what}: start to node Ready", ms(ready - server.began), "ms")
    server.until(server.can_make_pods)
    server.create("first")
    seen = running(server.watch(), {"first"})
    row(f"{what}: start to first container running", ms(seen["first"] - server.began), "ms")
    server.delete_pods()
    return server


def one_at_a_time(server, runc):
    """A pod, a container without anything around it, and again: what slows the machine down slows down both."""
    took, alone, stream = [], [], server.watch()
    for i in range(SINGLE):
        name, began = f"single-{i}", now()
        server.create(name)
        took.append(running(stream, {name})[name] - began)
        alone.append(runc.run(i))
    row("pod created to running, one at a time, p50", ms(statistics.median(took)), "ms")
    row("pod created to running, one at a time, p99", ms(percentile(took, 99)), "ms")
    row("runc run alone, p50", ms(statistics.median(alone)), "ms")
    row("pod created to running against runc alone", round(statistics.median(took) / statistics.median(alone), 2), "x")


def all_at_once(server):
    names, stream = {f"burst-{i}" for i in range(BURST)}, server.watch()
    began = now()
    for name in names:
        server.create(name)
    took = [t - began for t in running(stream, names).values()]
    row(f"{BURST} pods created at once: half of them running", ms(statistics.median(took)), "ms")
    row(f"{BURST} pods created at once: all of them running", ms(max(took)), "ms")


class Runc:
    """The same files, the same command, runc with nothing around it."""

    def __init__(self):
        self.bundle, self.root = WORK + "/bundle", WORK + "/runc"
        os.makedirs(self.bundle + "/rootfs")
        with tarfile.open(IMAGE) as image:
            manifest = json.load(image.extractfile("manifest.json"))
            for layer in manifest[0]["Layers"]:
                with tarfile.open(fileobj=image.extractfile(layer)) as files:
                    files.extractall(self.bundle + "/rootfs")
        subprocess.run(["runc", "spec"], cwd=self.bundle, check=True)
        spec = json.load(open(self.bundle + "/config.json"))
        spec["process"].update(terminal=False, args=["sleep", "100000"])
        json.dump(spec, open(self.bundle + "/config.json", "w"))

    def run(self, i):
        """Seconds to a container that runs; it is gone afterwards."""
        began = now()
        subprocess.run(["runc", "--root", self.root, "run", "--detach", "--bundle", self.bundle, f"alone-{i}"], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        took = now() - began
        subprocess.run(["runc", "--root", self.root, "delete", "--force", f"alone-{i}"], check=True)
        return took


def main():
    subprocess.run([EKUBE, "image", "import", "--data-dir", DATA, IMAGE], check=True, stdout=subprocess.DEVNULL)
    start("first start").stop()
    server = start("second start")
    time.sleep(2)
    idle = server.pss()
    row("whole cluster idle, PSS of server and shims", idle, "kB")
    one_at_a_time(server, Runc())
    time.sleep(2)
    row("PSS a running pod, shim and server's share", round((server.pss() - idle) / SINGLE, 1), "kB")
    server.delete_pods()
    all_at_once(server)
    server.delete_pods()
    server.stop()
    subprocess.run([EKUBE, "killall", "--data-dir", DATA], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.rmtree(WORK + "/bundle")


main()
