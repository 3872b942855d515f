// A device login by openapi-fetch with the types that openapi-typescript generates.

import createClient from "openapi-fetch";

import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };

const client = createClient<paths>({ baseUrl: process.argv[2] });
const form = { "Content-Type": "application/x-www-form-urlencoded" };

function present<T>(response: { data?: T; error?: unknown }): T {
  if (response.data === undefined) throw new Error(JSON.stringify(response.error));
  return response.data;
}

const device = present(
  await client.POST("/api/v1/auth/device", { body: { client_name: "TypeScript" }, headers: form }),
);
console.log(device.user_code);
const tokens = present(
  await client.POST("/api/v1/auth/token", { body: { device_code: device.device_code, wait: 30 }, headers: form }),
);
const renewed: components["schemas"]["TokenResponse"] = present(
  await client.POST("/api/v1/auth/refresh", { body: { refresh_token: tokens.refresh_token } }),
);
const headers = { Authorization: `Bearer ${renewed.access_token}` };
const me = present(await client.GET("/api/v1/auth/me", { headers }));
present(await client.DELETE("/api/v1/auth/logout", { headers }));
const after = await client.GET("/api/v1/auth/me", { headers });
if (after.error?.code !== "invalid_token") throw new Error(JSON.stringify(after));
console.log(me.user.email);
