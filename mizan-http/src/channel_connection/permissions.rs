//! Repeated authorization of channels when the permissions of a user change.

use mizan_channels::Channels;

use crate::authenticate::Authenticate;

/// Authorizes the channels of a user again, on all servers, whenever `authenticator` reports that the permissions of the
/// user have changed.
pub(crate) fn reauthorize_changed_users(channels: &Channels, authenticator: &impl Authenticate) {
    let channels = channels.clone();
    authenticator.on_permissions_changed(move |user| {
        let (channels, user) = (channels.clone(), user.to_owned());
        tokio::spawn(async move {
            if let Err(error) = channels.permissions_changed(&user).await {
                tracing::error!(
                    %error,
                    user,
                    "cannot report changed permissions to the channels of other servers"
                );
            }
        });
    });
}
