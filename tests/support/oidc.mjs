// A real OAuth 2.0 server for tests: code + PKCE on any loopback port, device flow, rotating refresh tokens whose
// reuse ends the family, revocation, introspection. Tells on stdout what it granted and refused.
import http from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [parts] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(path.join(parts, 'node_modules/oidc-provider/lib/index.js')));
const ttl = Number(process.env.ACCESS_TTL || 3600);

const server = http.createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'comms',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
    },
    {
      client_id: 'comms-secret',
      client_secret: 'shh-shh-shh',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    {
      client_id: 'ann@example.com',
      client_secret: 'machine-secret',
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
    },
    {
      client_id: 'dovecot',
      client_secret: 'dovecot-secret',
      redirect_uris: [],
      response_types: [],
      grant_types: [],
    },
  ],
  scopes: ['openid', 'offline_access', 'email', 'mail'],
  claims: { email: ['email'], openid: ['sub'] },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: id }) }),
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  ttl: {
    AccessToken: ttl, ClientCredentials: ttl, RefreshToken: 86400, DeviceCode: 600, AuthorizationCode: 60,
    Grant: 86400, Interaction: 600, Session: 3600, IdToken: 3600,
  },
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    clientCredentials: { enabled: true },
    revocation: { enabled: true, allowedPolicy: async () => true },
    introspection: { enabled: true, allowedPolicy: async () => true },
  },
  cookies: { keys: ['test'] },
  conformIdTokenClaims: false,
});
const tell = (...words) => console.log(...words);
provider.on('grant.success', (ctx) => {
  tell('granted', ctx.oidc.params.grant_type);
  tell('issued', ctx.body.access_token, ctx.body.refresh_token);
});
provider.on('grant.error', (ctx, error) => tell('refused', ctx.oidc?.params?.grant_type, error.error));
provider.on('grant.revoked', () => tell('revoked'));
provider.on('server_error', (ctx, error) => tell('fault', error.message));
server.on('request', provider.callback());
tell('ready', issuer);
process.stdin.on('end', () => process.exit(0)).resume(); // ends with the test that started it
