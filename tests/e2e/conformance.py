# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a published presentation must be, held against its source with ffmpeg.

check (folder, source) returns a list of complaints; none is good. Everything
is read by ffprobe and ffmpeg, which share no code with the writer."""

import functools
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET

MPD = "{urn:mpeg:dash:schema:mpd:2011}"
AUDIO_FRAME = 1024 / 44100


def run(*command, seconds=300):
    done = subprocess.run(command, capture_output=True, text=True,
                          timeout=seconds, check=False)
    return done.returncode, done.stdout, done.stderr


def probe_streams(path):
    code, out, err = run("ffprobe", "-v", "error", "-of", "json",
                         "-show_streams", "-show_format", path)
    if code != 0:
        return [], err.strip().splitlines()[-1:] or ["ffprobe failed"]
    return json.loads(out)["streams"], []


def probe_packets(path, select):
    _, out, _ = run("ffprobe", "-v", "error", "-select_streams", select,
                    "-show_entries", "packet=pts_time,duration_time,flags",
                    "-of", "csv=p=0", path)
    packets = []
    for line in out.splitlines():
        fields = line.split(",")
        if fields[0] in ("", "N/A"):
            continue
        duration = float(fields[1]) if fields[1] not in ("", "N/A") else None
        packets.append((float(fields[0]), duration, "K" in fields[2],
                        "D" in fields[2]))
    return packets


def read_all(path, *outputs):
    """Reads all pictures and sound; what ffmpeg complains of. Its reader of
    DASH takes no .vtt from a disk unless told to, that of HLS no text."""
    options = ["-allowed_extensions", "ALL"] if path.endswith(".mpd") else []
    code, _, err = run("ffmpeg", "-nostdin", "-v", "warning", "-xerror", "-y",
                       *options, "-i", path, *outputs)
    lines = [line for line in err.splitlines() if line.strip()
             and "deprecated pixel format" not in line
             and "Can't support the subtitle(" not in line]
    if code != 0 and not lines:
        lines = [f"ffmpeg exited with {code}"]
    return lines


def decode(path, hashes=None):
    """Decodes all pictures and sound; with a file for them, hashes them."""
    every = ["-map", "0:v?", "-map", "0:a?"]
    extra = [*every, "-c", "copy", "-f", "framehash", hashes] if hashes else []
    return read_all(path, *every, "-f", "null", "-", *extra)


def hashed_streams(path):
    """What a decoder is given for each stream, in no order: the hash of its
    init data, and the size and hash of each packet."""
    init, packets = {}, {}
    with open(path, encoding="ascii") as file:
        for line in file:
            fields = [field.strip() for field in line.split(",")]
            if line.startswith("#extradata"):
                init[fields[0].split()[-1]] = fields[-1]
            elif not line.startswith("#"):
                packets.setdefault(fields[0], []).append(tuple(fields[4:6]))
    return [(init.get(stream, ""), packets[stream]) for stream in packets]


def check_dash(folder, streams, hls):
    """Read through the MPD, each stream has the packets that were decoded out
    of HLS, in their order: it decodes as they did. Stream by stream: of
    several, ffmpeg's reader ends with the first, the others unread."""
    hashes = os.path.join(folder, "dash.hashes")
    found, complaints = [], []
    for stream in streams:
        complaints += [f"manifest.mpd: {line}" for line in read_all(
            os.path.join(folder, "manifest.mpd"), "-map", "0:" + stream, "-c",
            "copy", "-f", "framehash", hashes)]
        if not complaints:
            found += hashed_streams(hashes)
    if not complaints and sorted(found) != sorted(hashed_streams(hls)):
        complaints.append("manifest.mpd: other packets than HLS")
    return complaints


def check_manifests(folder, video, audio, dash):
    """HLS is decoded; DASH holds the same."""
    hls = os.path.join(folder, "hls.hashes")
    complaints = [f"multivariant.m3u8: {line}" for line in decode(
        os.path.join(folder, "multivariant.m3u8"), hls if dash else None)]
    if dash and not complaints:
        streams = ([f"v:{n}" for n in range(len(video))] +
                   [f"a:{n}" for n in range(len(audio))])
        complaints += check_dash(folder, streams, hls)
    return complaints


def read_text(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def media_playlists(folder):
    """Keys of the media playlists, from the multivariant playlist."""
    text = read_text(folder, "multivariant.m3u8")
    video, audio = [], []
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if line.startswith("#EXT-X-STREAM-INF"):
            video.append(lines[i + 1])
        elif line.startswith("#EXT-X-MEDIA:TYPE=AUDIO"):
            found = re.search(r'URI="([^"]*)"', line)
            if found:
                audio.append(found.group(1))
    if not audio and all(name.startswith("audio_") for name in video):
        video, audio = [], video
    return video, audio


def text_playlists(folder):
    return re.findall(r'#EXT-X-MEDIA:TYPE=SUBTITLES.*URI="([^"]*)"',
                      read_text(folder, "multivariant.m3u8"))


def read_cues(folder, key):
    """Each with its times and its text."""
    blocks = read_text(folder, key).split("\n\n")[1:]
    return {block.strip() for block in blocks if "-->" in block}


def check_text(folder, dash):
    """Segments beside those of the media, and for DASH the same cues."""
    complaints = []
    for playlist in text_playlists(folder):
        complaints += check_playlist(folder, playlist)
        cues = set()
        for uri, _ in playlist_segments(folder, playlist):
            cues |= read_cues(folder, uri)
        whole = os.path.join(os.path.dirname(playlist), "all.vtt")
        if not cues:
            complaints.append(f"{playlist}: no cue")
        if dash and cues != read_cues(folder, whole):
            complaints.append(f"{whole}: other cues than {playlist}")
        if dash and f"<BaseURL>{whole}<" not in read_text(folder,
                                                          "manifest.mpd"):
            complaints.append(f"{whole}: not in the MPD")
    return complaints


def playlist_segments(folder, playlist):
    text = read_text(folder, playlist)
    found = re.findall(r"#EXTINF:([0-9.]+),[^\n]*\n(?:#[^\n]*\n)*([^#\n]+)",
                       text)
    base = os.path.dirname(playlist)
    return [(os.path.join(base, uri), float(length)) for length, uri in found]


def check_playlist(folder, playlist):
    complaints = []
    text = read_text(folder, playlist)
    target = int(re.search(r"TARGETDURATION:(\d+)", text).group(1))
    if "#EXT-X-ENDLIST" not in text:
        complaints.append(f"{playlist}: no ENDLIST")
    for uri, length in playlist_segments(folder, playlist):
        if round(length) > target:
            complaints.append(f"{playlist}: {uri} is longer than the target")
        if not os.path.exists(os.path.join(folder, uri)):
            complaints.append(f"{playlist}: {uri} is not there")
    return complaints


def mpd_objects(folder):
    """The keys that the MPD names, but for text, which is whole there."""
    root = ET.parse(os.path.join(folder, "manifest.mpd")).getroot()
    keys = set()
    for adaptation in root.iter(MPD + "AdaptationSet"):
        if adaptation.get("contentType") == "text":
            continue
        shared = adaptation.find(MPD + "SegmentTemplate")
        for representation in adaptation.findall(MPD + "Representation"):
            template = representation.find(MPD + "SegmentTemplate")
            if template is None:
                template = shared
            name = representation.get("id")
            keys.update(template_keys(template, name))
    return keys


def template_keys(template, name):
    time = 0
    for s in template.find(MPD + "SegmentTimeline"):
        time = int(s.get("t", time))
        for _ in range(int(s.get("r", 0)) + 1):
            yield (template.get("media").replace("$RepresentationID$", name)
                   .replace("$Time$", str(time)))
            time += int(s.get("d"))


def check_same_objects(folder, playlists):
    hls = {uri for playlist in playlists
           for uri, _ in playlist_segments(folder, playlist)}
    dash = mpd_objects(folder)
    if hls != dash:
        return [f"HLS and DASH name other objects: {sorted(hls ^ dash)[:4]}"]
    return []


def near(a, b, slack):
    return abs(a - b) <= slack


def check_alignment(folder, video, constant):
    """Key frames and segment boundaries are equal in all renditions; frames
    are even where they are to be of a constant rate."""
    complaints = []
    lengths, keys = {}, {}
    for playlist in video:
        lengths[playlist] = [length for _, length in
                             playlist_segments(folder, playlist)]
        packets = probe_packets(os.path.join(folder, playlist), "v:0")
        keys[playlist] = [time for time, _, key, _ in packets if key]
        steps = sorted(time for time, _, _, _ in packets)
        gaps = {round(b - a, 4) for a, b in zip(steps, steps[1:])}
        if constant and gaps and max(gaps) - min(gaps) > 0.0005:
            complaints.append(f"{playlist}: frame steps {sorted(gaps)[:4]}")
    first = video[0]
    for playlist in video[1:]:
        if lengths[playlist] != lengths[first]:
            complaints.append(f"{playlist}: other boundaries than {first}")
        if keys[playlist] != keys[first]:
            complaints.append(f"{playlist}: other key frames than {first}")
    return complaints


def span(packets, frame):
    """First and last moment of decoded media. Packets that a demuxer marks to
    be thrown away are no media."""
    kept = [p for p in packets if not p[3]]
    if not kept:
        return None
    start = min(p[0] for p in kept)
    end = max(p[0] + (p[1] if p[1] is not None else frame) for p in kept)
    return start, end


def first_decoded(source, index):
    """Where sound begins in a codec whose first packet yields less, or
    nothing: Vorbis I section 1.3.2, RFC 7845 section 4.2."""
    _, out, _ = run("ffprobe", "-v", "error", "-select_streams", str(index),
                    "-read_intervals", "%+#3", "-show_entries",
                    "frame=pts_time", "-of", "csv=p=0", source)
    return float(out.split()[0].rstrip(","))


@functools.cache
def source_packets(source, index):
    return probe_packets(source, str(index))


@functools.cache
def source_facts(source):
    streams, complaints = probe_streams(source)
    facts = {"complaints": complaints, "video": None, "audio": None, "fps": 25,
             "delay": 0}
    for stream in streams:
        kind = stream["codec_type"]
        if kind == "video" and stream.get("disposition", {}).get(
                "attached_pic"):
            continue
        if kind in ("video", "audio") and facts[kind] is None:
            facts[kind] = float(stream.get("start_time", 0))
            if stream["codec_name"] in ("opus", "vorbis"):
                facts[kind] = first_decoded(source, stream["index"])
            elif kind == "audio" and source.endswith(".mkv"):
                # CodecDelay (RFC 9559 5.1.4.1.4): ffprobe since 7 counts it,
                # though nothing is heard of it; GStreamer decodes it
                facts["delay"] = (int(stream.get("initial_padding", 0))
                                  / int(stream["sample_rate"]))
            facts[kind + "_index"] = stream["index"]
            if kind == "video":
                num, den = stream["avg_frame_rate"].split("/")
                facts["fps"] = float(num) / max(float(den), 1)
    return facts


def check_against_source(folder, video, audio, source):
    complaints = []
    facts = source_facts(source)
    frame = 1 / max(facts["fps"], 1)
    starts = {}
    for kind, playlists, slack in (("video", video, frame + 0.002),
                                   ("audio", audio, AUDIO_FRAME + 0.002)):
        if (facts[kind] is None) != (not playlists):
            complaints.append(f"{kind}: in source {facts[kind]}, published "
                              f"{playlists}")
        if facts[kind] is None or not playlists:
            continue
        theirs = span(source_packets(source, facts[kind + "_index"]), frame)
        ours = span(probe_packets(os.path.join(folder, playlists[0]),
                                  kind[0] + ":0"), frame)
        if theirs is None or ours is None:
            complaints.append(f"{kind}: no packets")
            continue
        late = facts["delay"] if kind == "audio" else 0
        starts[kind] = (facts[kind] + late, ours[0])
        length, wanted = ours[1] - ours[0], theirs[1] - max(theirs[0],
                                                            facts[kind])
        if not near(length, wanted, slack):
            complaints.append(f"{kind}: {length:.3f} s of {wanted:.3f} s")
    if len(starts) == 2:
        theirs = starts["video"][0] - starts["audio"][0]
        ours = starts["video"][1] - starts["audio"][1]
        if not near(theirs, ours, 0.0011):
            complaints.append(f"video starts {ours:.4f} s after audio, in the "
                              f"source {theirs:.4f} s")
    return complaints


def check(folder, source=None, dash=True, constant=True):
    video, audio = media_playlists(folder)
    playlists = video + audio
    complaints = []
    for playlist in playlists:
        complaints += check_playlist(folder, playlist)
    complaints += check_manifests(folder, video, audio, dash)
    if dash:
        complaints += check_same_objects(folder, playlists)
    complaints += check_text(folder, dash)
    if video:
        complaints += check_alignment(folder, video, constant)
    if source is not None:
        complaints += check_against_source(folder, video, audio, source)
    return complaints
