"""Runs the official Python client against the emulator.

Usage: official_client.py URL KEY
"""

import io
import sys

from PIL import Image
from pruna_client import PredictionStatus, PrunaClient

url, key = sys.argv[1:]
PrunaClient.DEFAULT_BASE_URL = f"{url}/v1"
client = PrunaClient(api_key=key, max_retries=0)


def generated(response):
    assert response.status == PredictionStatus.SUCCEEDED, response
    return response.response["generation_url"]


def picture(generation_url):
    image = Image.open(io.BytesIO(client.download_content(generation_url)))
    image.load()
    return image


# An image, synchronously.
response = client.generate_text_to_image("p-image", "a lion at dusk", sync=True, aspect_ratio="1:1", seed=7)
image = picture(generated(response))
assert (image.format, image.size) == ("JPEG", (1024, 1024)), image
print("image: ok")

# A video, with polling.
response = client.generate_text_to_video("wan-t2v", "waves", sync=False)
assert response.id and response.status == PredictionStatus.STARTING, response
video = client.download_content(generated(client.poll_status(response=response)))
assert video[4:8] == b"ftyp", video[:16]
print("video: ok")

# An upload, and an edit of it.
response = client.generate_image_edit("p-image-edit", "as a watercolor", [image], sync=True)
assert picture(generated(response)).size == (1024, 1024)
print("edit: ok")

# Several requests at once, one of them rejected. This needs a new client: the asynchronous half of the first one does
# not work outside of the event loop that it was first used in.
responses = PrunaClient(api_key=key, max_retries=0).generate_batch(
    [
        {"model": "p-image", "input": {"prompt": "one"}},
        {"model": "p-image", "input": {"prompt": "two", "color": "red"}},
    ]
)
assert [r.status for r in responses] == [PredictionStatus.SUCCEEDED, PredictionStatus.FAILED], responses
assert "found color" in responses[1].response["message"], responses[1]
print("batch: ok")

# A key that is not accepted.
rejected = PrunaClient(api_key="pru_wrong", max_retries=0).generate("p-image", {"prompt": "x"})
assert rejected.response["message"] == "Unauthorized", rejected
print("key: ok")
