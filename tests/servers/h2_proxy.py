# SPDX-License-Identifier: LGPL-2.1-or-later
"""nginx with TLS and HTTP/2 before an S3 service, where nginx is installed. It
writes down by which protocol each request came."""

import os
import shutil
import socket
import subprocess
import threading

CONF = """daemon off;
master_process off;
pid {folder}/h2.pid;
error_log {folder}/h2.log;
events {{ }}
http {{
  log_format protocol "$server_protocol $request_method $status";
  access_log {folder}/h2-access.log protocol;
  client_body_temp_path {folder}/h2-body;
  proxy_temp_path {folder}/h2-proxy;
  fastcgi_temp_path {folder}/h2-fastcgi;
  uwsgi_temp_path {folder}/h2-uwsgi;
  scgi_temp_path {folder}/h2-scgi;
  client_max_body_size 0;
  server {{
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {folder}/server.pem;
    ssl_certificate_key {folder}/server.key;
    location / {{
      proxy_pass http://127.0.0.1:{behind};
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Host $http_host;
    }}
  }}
}}
"""
START_SECONDS = 20


def find_nginx():
    return shutil.which("nginx", path=os.defpath + ":/usr/sbin:/sbin")


class H2Proxy:
    """Certificates are those of @folder; @preexec runs in the child."""

    def __init__(self, folder, port, behind, preexec):
        self.folder, self.port, self.behind = folder, port, behind
        self.preexec = preexec
        self.process = None
        self.endpoint = f"https://localhost:{port}" if find_nginx() else "none"

    def start(self):
        if self.endpoint == "none":
            return
        conf = os.path.join(self.folder, "h2.conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write(CONF.format(folder=self.folder, port=self.port,
                                   behind=self.behind))
        self.process = subprocess.Popen(
            [find_nginx(), "-c", conf, "-p", self.folder, "-e",
             os.path.join(self.folder, "h2.log")],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=self.preexec)
        for _ in range(START_SECONDS * 50):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            threading.Event().wait(0.02)
        raise RuntimeError("nginx did not come up")

    def protocols(self):
        """{"HTTP/2.0": requests, …}"""
        counts = {}
        with open(os.path.join(self.folder, "h2-access.log"),
                  encoding="utf-8") as file:
            for line in file:
                name = line.partition(" ")[0]
                counts[name] = counts.get(name, 0) + 1
        return counts

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None
