"""Signs in to the chat example as a superuser, so that Schemathesis reaches every function."""

import httpx
import schemathesis

CREDENTIALS = {"email": "superuser@example.com", "password": "open sesame, demo"}


# Some operations end the session, so a new one is opened every few seconds.
@schemathesis.auth(refresh_interval=2)
class SignIn:
    def get(self, case, context):
        url = f"{case.operation.base_url}/call/sign_in.submit"
        response = httpx.post(url, json=CREDENTIALS)
        response.raise_for_status()
        return response.cookies["mizan_session"]

    def set(self, case, token, context):
        case.cookies = {**(case.cookies or {}), "mizan_session": token}
