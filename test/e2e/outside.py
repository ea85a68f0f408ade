#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""outside.py ADDRESS: the machine next door. Answers every name's A with 192.0.2.77 (UDP and TCP, port 53);
on port 8000 tells by HTTP from which address it was asked.
outside.py ask ADDRESS PORT: ask such a server by UDP, and print the address it answers with."""
import socket
import socketserver
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def answer(query):
    end = 12
    while query[end]:
        end += query[end] + 1
    question = query[12:end + 5]
    is_a = struct.unpack("!H", question[-4:-2])[0] == 1
    reply = query[:2] + struct.pack("!HHHHH", 0x8180, 1, int(is_a), 0, 0) + question
    if is_a:
        reply += struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + bytes([192, 0, 2, 77])
    return reply


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(answer(self.request[0]), self.client_address)


class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        query = self.rfile.read(struct.unpack("!H", self.rfile.read(2))[0])
        reply = answer(query)
        self.wfile.write(struct.pack("!H", len(reply)) + reply)


class Who(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.client_address[0].encode() + b"\n")


def ask(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.sendto(struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + b"\3www\4test\0" + struct.pack("!HH", 1, 1), (address, port))
        return socket.inet_ntoa(s.recv(512)[-4:])


if sys.argv[1] == "ask":
    print(ask(sys.argv[2], int(sys.argv[3])))
    sys.exit()

# an HTTP server wants to know its own name: it would ask the very server that is being made
socket.getfqdn = lambda host="": host
servers = [socketserver.ThreadingUDPServer((sys.argv[1], 53), Udp),
           socketserver.ThreadingTCPServer((sys.argv[1], 53), Tcp),
           ThreadingHTTPServer((sys.argv[1], 8000), Who)]
for s in servers[1:]:
    threading.Thread(target=s.serve_forever, daemon=True).start()
servers[0].serve_forever()
