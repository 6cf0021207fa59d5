import { Auth0Provider, useAuth0 } from "@auth0/auth0-react";

function Profile() {
  const { isAuthenticated, isLoading, user } = useAuth0();
  return <p>{String(isAuthenticated)} {String(isLoading)} {user?.name ?? "invalid"}</p>;
}

export default function Auth() {
  return (
    <Auth0Provider domain="example.auth0.com" clientId="client" authorizationParams={{ redirect_uri: "https://example.com/" }}>
      <Profile />
    </Auth0Provider>
  );
}
