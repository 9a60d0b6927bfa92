# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real senders and servers that inputs.py holds live inputs against. Each
is processes on loopback that stop () kills, as a crash would, and that
start () starts again at the same address."""

import os
import shutil
import signal
import socket
import subprocess
import threading

ROOT = os.environ["VS_SOURCE_ROOT"]
BUILD = os.environ["VS_BUILD_ROOT"]
LAUNCHER = os.path.join(BUILD, "launcher", "vstream-launcher")
PYTHON = "/usr/bin/python3"  # Debian's, which finds Debian's python3-gi
RTMP_MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
RETRIES = 60
GROUP = "239.255.77.1"

# A camera: live, in sync by its clock, H.264 and AAC, or over TCP alone.
RTSP_SERVER = """
import sys
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer(address="127.0.0.1", service=sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_shared(True)
factory.set_launch(
    "( videotestsrc is-live=true ! "
    "video/x-raw,width=320,height=180,framerate=25/1 ! x264enc "
    "tune=zerolatency speed-preset=ultrafast key-int-max=12 ! "
    "rtph264pay name=pay0 config-interval=-1 audiotestsrc is-live=true ! "
    "audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac ! "
    "rtpmp4gpay name=pay1 )")
if sys.argv[2] == "tcp":
    factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
server.get_mount_points().add_factory("/camera", factory)
server.attach(None)
GLib.MainLoop().run()
"""

NGINX = """
load_module {module};
daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ }}
rtmp {{
  server {{
    listen 127.0.0.1:{port};
    application live {{ live on; wait_key on; }}
  }}
}}
"""


def find_port(kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A process that is started again where it ends by itself: a caller that
    was not let in, a server whose only client has gone."""

    def __init__(self, command):
        self.command = command
        self.process = None
        self.stopped = threading.Event()
        self.thread = None

    def spawn(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)

    def keep(self):
        for _ in range(RETRIES):
            self.process.wait()
            if self.stopped.wait(0.3):
                return
            self.spawn()

    def start(self):
        self.stopped.clear()
        self.spawn()
        self.thread = threading.Thread(target=self.keep, daemon=True)
        self.thread.start()

    def stop(self):
        if self.thread is None:
            return
        self.stopped.set()
        while self.thread.is_alive():
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.thread.join(0.2)
        self.thread = None


class Server:
    """Processes that are started in this order and killed in the other."""

    def __init__(self, *commands):
        self.processes = [Process(command) for command in commands]
        self.folder = None  # that does not outlive them

    def start(self):
        for process in self.processes:
            process.start()

    def stop(self):
        for process in reversed(self.processes):
            process.stop()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def push(clip, *target):
    return ["ffmpeg", "-nostdin", "-v", "error", "-re", "-i", clip, "-map",
            "0", "-c", "copy", *target]


def need_ffmpeg():
    return None if shutil.which("ffmpeg") else "ffmpeg is not installed"


def need_nginx():
    if not shutil.which("nginx", path=os.defpath + ":/usr/sbin:/sbin"):
        return "nginx is not installed (package nginx)"
    if not os.path.exists(RTMP_MODULE):
        return "nginx has no RTMP module (libnginx-mod-rtmp)"
    return need_ffmpeg()


def need_multicast():
    """A machine without a network has no route for it."""
    with (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out,
          socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard):
        heard.bind((GROUP, 0))
        heard.settimeout(2)
        out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        try:
            heard.setsockopt(
                socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                socket.inet_aton(GROUP) + socket.inet_aton("0.0.0.0"))
            out.sendto(b"?", heard.getsockname())
            heard.recv(1)
        except OSError as error:
            return f"no multicast here: {error}"
    return need_ffmpeg()


def need_rtsp():
    probe = ("import gi; gi.require_version('GstRtspServer', '1.0'); "
             "from gi.repository import GstRtspServer")
    found = os.path.exists(PYTHON) and subprocess.run(
        [PYTHON, "-c", probe], capture_output=True, check=False,
        timeout=60).returncode == 0
    return None if found else ("no RTSP server (python3-gi, "
                               "gir1.2-gst-rtsp-server-1.0)")


def srt_listener(clip, _work):
    port = find_port()
    address = f"srt://127.0.0.1:{port}"
    return (Server(push(clip, "-f", "mpegts", address + "?mode=caller")),
            f"srt://127.0.0.1:{port}?mode=listener")


def srt_caller(clip, _work):
    address = f"srt://127.0.0.1:{find_port()}"
    return (Server(push(clip, "-f", "mpegts", address + "?mode=listener")),
            address)


def rtmp(clip, work):
    port = find_port(socket.SOCK_STREAM)
    address = f"rtmp://127.0.0.1:{port}/live/show"
    config = os.path.join(work, "nginx.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(NGINX.format(module=RTMP_MODULE, folder=work, port=port))
    nginx = shutil.which("nginx", path=os.defpath + ":/usr/sbin:/sbin")
    return (Server([nginx, "-p", work, "-e", os.path.join(work, "nginx.log"),
                    "-c", config], push(clip, "-f", "flv", address)),
            address)


def rtsp(_clip, _work, transport="udp"):
    port = find_port(socket.SOCK_STREAM)
    return (Server([PYTHON, "-c", RTSP_SERVER, str(port), transport]),
            f"rtsp://127.0.0.1:{port}/camera")


def rtsp_tcp(clip, work):
    return rtsp(clip, work, "tcp")


def udp(clip, _work):
    address = f"udp://127.0.0.1:{find_port()}"
    sender = push(clip, "-f", "mpegts", address + "?pkt_size=1316")
    return Server(sender), address


def udp_multicast(clip, _work):
    address = f"udp://{GROUP}:{find_port()}"
    return Server(push(clip, "-f", "mpegts", address +
                       "?pkt_size=1316&ttl=0")), address


def rtp(clip, _work):
    address = f"rtp://127.0.0.1:{find_port() // 2 * 2}"
    return Server(push(clip, "-f", "rtp_mpegts", address)), address


def http_ts(clip, _work):
    address = f"http://127.0.0.1:{find_port(socket.SOCK_STREAM)}/feed.ts"
    sender = push(clip, "-f", "mpegts", "-listen", "1", address)
    return Server(sender), address


def http_mp3(clip, _work):
    address = f"http://127.0.0.1:{find_port(socket.SOCK_STREAM)}/radio"
    return Server(
        ["ffmpeg", "-nostdin", "-v", "error", "-re", "-i", clip, "-vn", "-c:a",
         "libmp3lame", "-f", "mp3", "-content_type", "audio/mpeg", "-listen",
         "1", address]), address


def publish(work, manifest):
    """What another launcher publishes."""
    port = find_port(socket.SOCK_STREAM)
    return (Server([LAUNCHER, "--preset", os.path.join(work, "origin.ini"),
                    "--output", os.path.join(work, "origin"), "--serve",
                    f"127.0.0.1:{port}"]),
            f"http://127.0.0.1:{port}/media/{manifest}")


def hls(_clip, work):
    """Which goes on, after the crash, where it was."""
    return publish(work, "multivariant.m3u8")


def dash(_clip, work):
    """Which starts anew: GStreamer's dashdemux does not find the present in a
    second period, nor in a window that has moved (livefeedsrc.md)."""
    server, uri = publish(work, "manifest.mpd")
    server.folder = os.path.join(work, "origin")
    return server, uri
