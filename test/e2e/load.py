#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""load.py KUBECONFIG LEDGER run|check|settle: a load that knows what the server owes it.

run: create, change and delete ConfigMaps, Deployments and pods until the server goes away (LEDGER.begun: it works). For each object the
    ledger keeps what was acknowledged last, and what was asked for after that without an answer.
check: every object is as the ledger says; what had no answer may have happened or not.
settle: wait until every Deployment and pod that is there runs, and what was deleted is gone; say how many writes
    were acknowledged.

An object's state is null (not there) or the value that it carries.
"""
import base64
import http.client
import json
import random
import re
import ssl
import sys
import tempfile
import threading
import time

KINDS = {
    "cm": "/api/v1/namespaces/load/configmaps",
    "deploy": "/apis/apps/v1/namespaces/load/deployments",
    "pod": "/api/v1/namespaces/load/pods",
}
NAMES = {"cm": 40, "deploy": 3, "pod": 4}
WRITERS = ["cm", "cm", "deploy", "pod"]


class Gone(Exception):
    """The server is not there any more, or never answered."""


class Api:
    def __init__(self, kubeconfig):
        text = open(kubeconfig).read()
        url = re.search(r"server: https://([^:]+):(\d+)", text)
        with tempfile.NamedTemporaryFile() as cert:
            for key in ("client-certificate-data", "client-key-data"):
                cert.write(base64.b64decode(re.search(key + r": (\S+)", text)[1]))
            cert.flush()
            tls = ssl._create_unverified_context()
            tls.load_cert_chain(cert.name)
        self.http = http.client.HTTPSConnection(url[1], int(url[2]), timeout=10, context=tls)

    def call(self, method, path, body=None):
        merge = {"Content-Type": "application/merge-patch+json"} if method == "PATCH" else {}
        try:
            self.http.request(method, path, json.dumps(body) if body is not None else None, merge)
            r = self.http.getresponse()
            return r.status, json.loads(r.read())
        except (OSError, http.client.HTTPException, ValueError) as e:
            self.http.close()
            raise Gone(e) from e


def pod_spec():
    return {"terminationGracePeriodSeconds": 1, "containers": [{
        "name": "c", "image": "busybox:1.36", "command": ["sh", "-c", "trap exit TERM; sleep 1000 & wait"],
        "volumeMounts": [{"name": "tmp", "mountPath": "/scratch"}]}],
        "volumes": [{"name": "tmp", "emptyDir": {}}]}


def make(kind, name, value):
    meta = {"name": name, "labels": {"value": value}}
    if kind == "cm":
        return {"metadata": meta, "data": {"filling": "x" * random.randrange(2000)}}
    if kind == "pod":
        return {"metadata": meta, "spec": pod_spec()}
    return {"metadata": meta, "spec": {
        "replicas": random.randrange(3), "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod_spec()}}}


def change(kind, value):
    body = {"metadata": {"labels": {"value": value}}}
    if kind == "deploy":
        body["spec"] = {"replicas": random.randrange(3)}
    return body


class Ledger:
    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        try:
            self.rows, self.acknowledged = json.load(open(path))
        except OSError:
            self.rows, self.acknowledged = {}, 0

    def row(self, key):
        return self.rows.setdefault(key, {"is": None, "asked": []})

    def save(self):
        json.dump([self.rows, self.acknowledged], open(self.path, "w"))


def write_one(api, ledger, kind, turn):
    """One acknowledged step of one object's life; each name belongs to one thread."""
    name = "%s-%d" % (kind, turn)
    row = ledger.row(kind + "/" + name)
    value = "v%d" % random.randrange(10 ** 9)
    if row["is"] is None:
        method, path, body, to = "POST", KINDS[kind], make(kind, name, value), value
    elif random.random() < 0.4:
        method, path, body, to = "DELETE", KINDS[kind] + "/" + name, {"propagationPolicy": "Background"}, None
    else:
        method, path, body, to = "PATCH", KINDS[kind] + "/" + name, change(kind, value), value
    row["asked"].append(to)
    status, answer = api.call(method, path, body)
    if status < 300:
        row["is"] = to
        row["asked"].clear()
        with ledger.lock:
            ledger.acknowledged += 1
        open(ledger.path + ".begun", "w").close()
    elif status in (404, 409):  # the pod before it is still going, or went
        row["asked"].remove(to)
    else:
        raise SystemExit("%s %s: %d %s" % (method, path, status, answer.get("message")))


def writer(kubeconfig, ledger, kind, half, failures):
    api = Api(kubeconfig)
    names = range(half, NAMES[kind], WRITERS.count(kind))
    try:
        while True:
            write_one(api, ledger, kind, random.choice(names))
            if kind != "cm":
                time.sleep(0.05)
    except Gone:
        pass
    except SystemExit as e:
        failures.append(str(e))


def run(kubeconfig, ledger):
    failures, threads = [], []
    for i, kind in enumerate(WRITERS):
        half = WRITERS[:i].count(kind)
        threads.append(threading.Thread(target=writer, args=(kubeconfig, ledger, kind, half, failures)))
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return failures


def state(item):
    return None if "deletionTimestamp" in item["metadata"] else item["metadata"]["labels"]["value"]


def check(kubeconfig, ledger):
    api, found, wrong = Api(kubeconfig), {}, []
    for kind, path in KINDS.items():
        for item in api.call("GET", path)[1]["items"]:
            if "value" in item["metadata"].get("labels", {}):
                found[kind + "/" + item["metadata"]["name"]] = state(item)
    for key, row in ledger.rows.items():
        now = found.get(key)
        if now != row["is"] and now not in row["asked"]:
            wrong.append("%s: acknowledged %s, asked %s, found %s" % (key, row["is"], row["asked"], now))
        row["is"], row["asked"] = now, []
    return wrong


def unsettled(api):
    left = []
    for item in api.call("GET", KINDS["deploy"])[1]["items"]:
        if item["spec"]["replicas"] != item["status"].get("readyReplicas", 0):
            left.append(item["metadata"]["name"])
    for item in api.call("GET", KINDS["pod"])[1]["items"]:
        ready = [c for c in item["status"].get("conditions", []) if c["type"] == "Ready" and c["status"] == "True"]
        if not ready or "deletionTimestamp" in item["metadata"]:
            left.append(item["metadata"]["name"])
    return left


def settle(kubeconfig, ledger):
    print(ledger.acknowledged, "acknowledged writes")
    api = Api(kubeconfig)
    for _ in range(300):
        left = unsettled(api)
        if not left:
            return []
        time.sleep(0.1)
    return ["not settled after 30 s: %s" % ", ".join(left)]


def main():
    ledger = Ledger(sys.argv[2])
    wrong = {"run": run, "check": check, "settle": settle}[sys.argv[3]](sys.argv[1], ledger)
    ledger.save()
    for line in wrong:
        print(line)
    return 1 if wrong else 0


sys.exit(main())
