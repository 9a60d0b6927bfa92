# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small S3 client for tests, on Python's standard library: what checks a
client must not be that client. Path style, AWS Signature Version 4."""

import datetime
import hashlib
import hmac
import http.client
import ssl
import urllib.parse
import xml.etree.ElementTree as ET

S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"
LIMIT_SECONDS = 60


class S3Error(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status}: {body[:300]!r}")
        self.status = status


def quote(text):
    return urllib.parse.quote(text, safe="-._~")


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class S3Client:
    def __init__(self, endpoint, access_key, secret_key, ca_file=None):
        url = urllib.parse.urlsplit(endpoint)
        self.host, self.scheme = url.netloc, url.scheme
        self.access_key, self.secret_key = access_key, secret_key
        self.ca_file = ca_file

    def authorize(self, method, path, query, body):
        now = datetime.datetime.now(datetime.timezone.utc)
        date, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        scope = f"{day}/us-east-1/s3/aws4_request"
        digest = hashlib.sha256(body).hexdigest()
        headers = {"host": self.host, "x-amz-content-sha256": digest,
                   "x-amz-date": date}
        names = ";".join(headers)
        canonical = "\n".join(
            [method, path, query,
             *(f"{name}:{value}" for name, value in headers.items()), "",
             names, digest])
        text = "\n".join(["AWS4-HMAC-SHA256", date, scope,
                          hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret_key).encode()
        for part in (day, "us-east-1", "s3", "aws4_request"):
            key = sign(key, part)
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={sign(key, text).hex()}")
        return headers

    def connect(self):
        if self.scheme == "http":
            return http.client.HTTPConnection(self.host,
                                              timeout=LIMIT_SECONDS)
        context = ssl.create_default_context(cafile=self.ca_file)
        return http.client.HTTPSConnection(self.host, context=context,
                                           timeout=LIMIT_SECONDS)

    def request(self, method, bucket, key="", query=None, body=b""):
        """(headers, body) of an answer of 2xx."""
        path = "/" + quote(bucket)
        if key:
            path += "/" + "/".join(quote(part) for part in key.split("/"))
        query = "&".join(f"{quote(name)}={quote(value)}" for name, value
                         in sorted((query or {}).items()))
        headers = self.authorize(method, path, query, body)
        connection = self.connect()
        try:
            connection.request(method, path + ("?" + query if query else ""),
                               body or None, headers)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if answer.status // 100 != 2:
            raise S3Error(answer.status, data)
        return answer.headers, data

    def make_bucket(self, bucket, public=False):
        self.request("PUT", bucket)
        if public:
            self.request("PUT", bucket, query={"policy": ""}, body=(
                '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",'
                ' "Principal": "*", "Action": "s3:GetObject", "Resource":'
                f' "arn:aws:s3:::{bucket}/*"}}]}}').encode())

    def put(self, bucket, key, body):
        self.request("PUT", bucket, key, body=body)

    def get(self, bucket, key):
        return self.request("GET", bucket, key)[1]

    def head(self, bucket, key):
        return self.request("HEAD", bucket, key)[0]

    def list(self, bucket, prefix=""):
        """{key: size} of all there is."""
        found, token = {}, None
        while True:
            query = {"list-type": "2", "prefix": prefix}
            if token:
                query["continuation-token"] = token
            root = ET.fromstring(self.request("GET", bucket, "", query)[1])
            for item in root.iter(S3 + "Contents"):
                found[item.find(S3 + "Key").text] = int(
                    item.find(S3 + "Size").text)
            token = root.findtext(S3 + "NextContinuationToken")
            if root.findtext(S3 + "IsTruncated") != "true":
                return found

    def uploads(self, bucket):
        """[(key, upload id)] of multipart uploads that are neither complete
        nor aborted."""
        root = ET.fromstring(self.request("GET", bucket, "",
                                          {"uploads": ""})[1])
        return [(item.findtext(S3 + "Key"), item.findtext(S3 + "UploadId"))
                for item in root.iter(S3 + "Upload")]

    def abort(self, bucket, key, upload):
        self.request("DELETE", bucket, key, {"uploadId": upload})
