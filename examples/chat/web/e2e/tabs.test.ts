import { expect, test } from "./page";

test("a tab follows sign-in and sign-out in another tab", async ({
  chat,
  context,
}) => {
  await chat.switchTo("Superuser");
  await expect(chat.outcome("superuser_report")).toContainText("200ok");

  const other = await context.newPage();
  const sockets: string[] = [];
  other.on("websocket", (socket) => sockets.push(socket.url()));
  await other.goto("/rooms/");
  const pressed = other
    .getByRole("group", { name: "Try the demo as" })
    .locator("[aria-pressed=true]");
  await expect(pressed).toHaveText("Superuser");
  await expect.poll(() => sockets.length).toBe(1);

  await chat.switchTo("Member");
  await expect(pressed).toHaveText("Member");
  // Channels reconnect as the other user, too.
  await expect.poll(() => sockets.length).toBe(2);

  await other.getByRole("button", { name: "Visitor", exact: true }).click();
  await expect(chat.outcome("current_user")).toContainText(
    "You are not signed in.",
  );
  await expect(chat.outcome("superuser_report")).toContainText("401");
  await expect(pressed).toHaveText("Visitor");
});
