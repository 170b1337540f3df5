# SPDX-License-Identifier: MIT
import socket, urllib.request

FAMILIES = {"unix": 1, "inet": 2, "ax25": 3, "inet6": 10, "netlink": 16, "packet": 17, "can": 29,
            "bluetooth": 31, "alg": 38, "vsock": 40, "xdp": 44}
for name, family in FAMILIES.items():
    tr("stream socket " + name, lambda: socket.socket(family, 1))
    chk("raw call, datagram socket " + name, sc("socket", family, 2, 0))
pair = (ctypes.c_int * 2)()
chk("socketpair", sc("socketpair", 1, 1, 0, ctypes.byref(pair)))
for name in ("bind", "listen", "accept", "accept4", "connect", "sendto", "sendmsg", "recvmsg",
             "recvfrom", "sendmmsg", "recvmmsg", "getsockopt", "setsockopt", "shutdown",
             "getpeername", "getsockname"):
    chk(name + " on the broker's socket", sc(name, 4, 0, 0, 0, 0, 0))
tr("connect to the host", lambda: socket.create_connection(("127.0.0.1", PORT), 1))
tr("connect to the host's local socket", lambda: socket.socket(socket.AF_UNIX).connect(SOCKET))
tr("DNS", lambda: socket.getaddrinfo("localhost", 80) and socket.create_connection(("localhost", PORT)))
tr("DNS of the outside", lambda: socket.gethostbyname("example.com"))
tr("HTTP", lambda: urllib.request.urlopen("http://127.0.0.1:%d/" % PORT, timeout=1))
tr("metadata service", lambda: urllib.request.urlopen("http://169.254.169.254/", timeout=1))
import pandas
tr("pandas over HTTP", lambda: pandas.read_csv("http://127.0.0.1:%d/x.csv" % PORT))
tr("pandas over FTP", lambda: pandas.read_csv("ftp://127.0.0.1:%d/x.csv" % PORT))
