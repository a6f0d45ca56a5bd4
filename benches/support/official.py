"""The official client's generate_batch: URL, key and number of pictures as arguments, the result as JSON."""
import asyncio
import json
import logging
import sys
import time

from pruna_client import PrunaClient

# Its log would cost it time.
logging.disable(logging.CRITICAL)
url, key, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = PrunaClient(api_key=key)
client.base_url = f"{url}/v1"
requests = [{"model": "p-image", "input": {"prompt": f"lion {n}"}, "sync": True} for n in range(count)]


async def main():
    responses = await client.agenerate_batch(requests)
    await client._async_client.aclose()
    return responses


wall, core = time.monotonic(), time.process_time()
responses = asyncio.run(main())
succeeded = sum(response.status.value == "succeeded" for response in responses)
print(json.dumps({
    "seconds": time.monotonic() - wall,
    "core_seconds": time.process_time() - core,
    "succeeded": succeeded,
}))
