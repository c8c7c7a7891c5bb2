"""The vendor's own client, unmodified: sends, polls, lists, fetches and deletes many, deletes one and all.

client.py CUSTOMER USER PASSWORD [BASE] - with BASE it is pointed there by its public means, without it uses the names it knows.
"""

import asyncio
import sys
import time

from retarus.commons.config import Configuration
from retarus.commons.exceptions import ApiAuthorizationError, ApiInvalidPayload
from retarus.commons.region import Region, RegionUri
from retarus.fax.client import FaxClient
from retarus.fax.model import Action, BulkRequest, Document, Job, KeyValue, RenderingOptions, SendRecipient
from retarus.fax.sync import SyncFaxClient

customer, user, password = sys.argv[1:4]
if len(sys.argv) > 4:
    Configuration.set_region(Region.Custom)
    base = sys.argv[4]
    client = SyncFaxClient([RegionUri(region=Region.Custom, ha_uri=base, urls=[base])])
else:
    Configuration.set_region(Region.Europe)
    client = FaxClient().client
Configuration.set_auth(user, password)
Configuration.customer_number = customer


def send(number, **more):
    documents = [Document(name="hello.txt", data="SGVsbG8=", charset="UTF-8")]
    job = Job(recipients=[SendRecipient(number=number)], documents=documents, **more)
    return client.send_fax_job(job)["jobId"]


def final(job):
    until = time.monotonic() + 120
    while True:
        report = client.get_fax_report(job)
        if all(one["status"] != "PENDING" for one in report["recipientStatus"]):
            return report
        assert time.monotonic() < until, report
        time.sleep(0.1)


first = send("+49 89 1234")
assert client.get_fax_report(first)["jobId"] == first
options = RenderingOptions(
    paperFormat="A4", coverpageTemplate="coverpage-default.ftl.html", resolution="LOW", header="%C %P/%T"
)
recipient = SendRecipient(number="004989999486", properties=[KeyValue(key="greeting", value="Good morning")])
documents = [Document(name="second.txt", data="SGVsbG8=")]
second = client.send_fax_job(Job(recipients=[recipient], documents=documents, renderingOptions=options))["jobId"]

report = final(first)
status = report["recipientStatus"][0]
assert (status["status"], status["number"], status["sentToNumber"]) == ("OK", "+49 89 1234", "0049891234"), report
assert report["pages"] == 1 and status["durationInSecs"] >= 0 and status["properties"] is None, report
assert report["reference"]["customerDefinedId"] == "", report
report = final(second)
# The cover page is one more; the far machine was busy.
assert report["pages"] == 2 and report["recipientStatus"][0]["status"] == "BUSY", report

listed = [report["jobId"] for report in client.get_fax_reports()["reports"]]
assert sorted(listed) == sorted([first, second]), listed

transporter = client.client.transporter


def bulk(action, jobs):
    request = BulkRequest(action=action, jobIds=jobs).dict()
    return client.loop.run_until_complete(transporter.post(f"/{customer}/fax/reports", request))["reports"]


assert [report["jobId"] for report in bulk(Action.GET, [second, "unknown", first])] == [second, first]
answer = bulk(Action.DELETE, ["unknown", second])
assert answer == [{"jobId": "unknown", "deleted": False, "reason": "NOT_FOUND"}, {"jobId": second, "deleted": True}]

assert client.delete_fax_report(first) == {"jobId": first, "deleted": True}
# 404 is how the client knows to ask the next data centre.
assert client.get_fax_report(first) is False
assert client.delete_fax_report(first) is False
assert client.get_fax_reports() == {"reports": []}

third = send("+49891")
final(third)
assert client.delete_all_fax_reports() == {"reports": [{"jobId": third, "deleted": True}]}
assert client.delete_all_fax_reports() == {"reports": []}

try:
    send("not a number")
    raise AssertionError("a number with letters was taken")
except ApiInvalidPayload:
    pass


async def at_once():
    """Three at a time by the client's other half."""
    other = FaxClient(is_async=True).client if len(sys.argv) < 5 else client.client
    document = Document(name="a.txt", data="SGVsbG8=")
    jobs = [Job(recipients=[SendRecipient(number=f"+49892{n}")], documents=[document]) for n in range(3)]
    return await asyncio.gather(*(other.send_fax_job(job) for job in jobs))


sent = client.loop.run_until_complete(at_once())
assert len({answer["jobId"] for answer in sent}) == 3, sent

Configuration.set_auth(user, "wrong")
try:
    client.get_fax_reports()
    raise AssertionError("a wrong password was taken")
except ApiAuthorizationError:
    pass
print("done")
