"""Calls the chat example with the client that openapi-python-client generated from its OpenAPI document."""

import sys
from http import HTTPStatus
from io import BytesIO

from chat_client import Client
from chat_client.api.contact_form import contact_submit
from chat_client.api.mutations import echo
from chat_client.api.queries import batch, current_user, greet_post, staff_report
from chat_client.api.sign_in_form import sign_in_submit
from chat_client.models import (
    BatchCall,
    BatchCallName,
    ContactErrorUndeliverable,
    ContactSubmitFilesBody,
    ContactSubmitInput,
    EchoInput,
    EchoReply,
    Greeting,
    GreetInput,
    Report,
    SignInSubmitInput,
    UnauthorizedProblem,
    UnprocessableContentProblem,
    UserOut,
)
from chat_client.types import File

client = Client(base_url=sys.argv[1])


def calls_query():
    greeting = greet_post.sync(client=client, body=GreetInput(name="Mia"))
    assert greeting == Greeting(greeting="Hello, Mia!"), greeting


def calls_mutation_with_idempotency_key():
    key = "0196f3a0-7c3e-7000-8000-5f2b6e0c9a41"
    for _ in range(2):
        reply = echo.sync(client=client, body=EchoInput(text="hi"), idempotency_key=key)
        assert reply == EchoReply(message="hi"), reply


def reads_messages_of_invalid_fields():
    problem = echo.sync(client=client, body=EchoInput(text=""))
    assert isinstance(problem, UnprocessableContentProblem), problem
    assert problem.code == "invalid" and "text" in problem.fields, problem


def reads_declared_error_and_sends_file():
    image = File(payload=BytesIO(b"\x89PNG\r\n\x1a\n"), file_name="a.png", mime_type="image/png")
    arguments = ContactSubmitInput(
        name="Mia", email="mia@example.invalid", message="Hello from Python, as a test."
    )
    body = ContactSubmitFilesBody(input_=arguments, image=image)
    problem = contact_submit.sync(client=client, body=body)
    assert isinstance(problem, ContactErrorUndeliverable), problem
    assert problem.data.domain == "example.invalid", problem


def calls_batch():
    calls = [BatchCall(name=BatchCallName.CURRENT_USER), BatchCall(name=BatchCallName.DEMO_ACCOUNTS)]
    lines = batch.sync_detailed(client=client, body=calls).content.splitlines()
    assert len(lines) == 2, lines


def signs_in_with_cookie():
    assert isinstance(staff_report.sync(client=client), UnauthorizedProblem)
    credentials = SignInSubmitInput(email="staff@example.com", password="open sesame, demo")
    response = sign_in_submit.sync_detailed(client=client, body=credentials)
    assert response.status_code == HTTPStatus.OK, response
    user = current_user.sync(client=client)
    assert isinstance(user, UserOut) and user.staff, user
    assert isinstance(staff_report.sync(client=client), Report)


for test in [
    calls_query,
    calls_mutation_with_idempotency_key,
    reads_messages_of_invalid_fields,
    reads_declared_error_and_sends_file,
    calls_batch,
    signs_in_with_cookie,
]:
    test()
    print(f"ok {test.__name__}")
