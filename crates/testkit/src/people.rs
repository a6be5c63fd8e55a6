//! Users and roles, beside the root users.

use crate::{Answer, Client, Kit};

impl Client {
    /// Calls `action` of IAM and awaits the answer.
    ///
    /// # Panics
    /// When the request cannot be signed.
    pub async fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let owned: Vec<(String, String)> = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.query("iam", action, &owned).await
    }
}

impl Kit {
    /// Makes the user or role of this ARN; a role trusts its account.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn create_principal(&self, arn: &str) {
        let mut parts = arn.splitn(6, ':').skip(4);
        let (account, resource) = (parts.next(), parts.next());
        let account = account.expect("an account");
        let (kind, rest) = resource.and_then(|text| text.split_once('/')).expect("a name");
        let (path, name) = match rest.rsplit_once('/') {
            Some((path, name)) => (format!("/{path}/"), name),
            None => ("/".to_owned(), rest),
        };
        let owner = self.owner();
        let root = if owner.account.to_string() == account { owner } else { self.stranger() };
        let trust = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{account}"}},"Action":"sts:AssumeRole"}}}}"#
        );
        let path = ("Path", path.as_str());
        let made = match kind {
            "user" => self.block_on(root.iam("CreateUser", &[("UserName", name), path])),
            _ => {
                let trust = ("AssumeRolePolicyDocument", trust.as_str());
                self.block_on(root.iam("CreateRole", &[("RoleName", name), path, trust]))
            }
        };
        let _ = made.ok();
    }

    /// A new user of the account of `root`, with this policy of its own.
    ///
    /// # Panics
    /// When the server refuses.
    #[must_use]
    #[track_caller]
    pub fn user_of(&self, root: &Client, name: &str, policy: &str) -> Client {
        let user = ("UserName", name);
        let _ = self.block_on(root.iam("CreateUser", &[user])).ok();
        let own = [user, ("PolicyName", "own"), ("PolicyDocument", policy)];
        let _ = self.block_on(root.iam("PutUserPolicy", &own)).ok();
        let key = self.block_on(root.iam("CreateAccessKey", &[user])).ok();
        Client {
            access_key: key.element("AccessKeyId"),
            secret: key.element("SecretAccessKey"),
            ..root.clone()
        }
    }

    /// A session of the role of the account of `user`, who may assume it.
    ///
    /// # Panics
    /// When the server refuses.
    #[must_use]
    #[track_caller]
    pub fn session_of(&self, user: &Client, role: &str) -> Client {
        let arn = format!("arn:aws:iam::{}:role/{role}", user.account);
        let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", "session")];
        let owned = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let made = self.block_on(user.query("sts", "AssumeRole", &owned)).ok();
        Client {
            access_key: made.element("AccessKeyId"),
            secret: made.element("SecretAccessKey"),
            token: Some(made.element("SessionToken")),
            ..user.clone()
        }
    }
}
