//! Where `seal` and `leakcheck` get a site's sealing secret from.

use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroizing;

use super::Failure;
use super::open::{As, open};
use crate::app::App;
use crate::config::RawConfig;
use crate::flow::unlock;
use crate::seal::format::SiteSecret;

/// The secret as typed.
#[derive(Args, Clone)]
pub(super) struct SecretArgs {
    /// A file with the site's sealing secret, as `matcha site secret SLUG` prints it
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The secret itself: give it in the environment, where other users do not see it
    #[arg(long, env = "MATCHA_SEAL_SECRET", value_name = "MSS1", hide_env_values = true, hide = true)]
    secret: Option<String>,
}

/// Not the secret.
impl std::fmt::Debug for SecretArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "SecretArgs({:?}, {})",
            self.secret_file,
            if self.secret.is_some() { "given" } else { "none" }
        )
    }
}

impl SecretArgs {
    /// The secret, and the data folder where it came from there, or where one was named.
    pub(super) async fn find(
        &self,
        raw: &RawConfig,
        site: &str,
    ) -> Result<(SiteSecret, Option<App>), Failure> {
        let given = match (&self.secret_file, &self.secret) {
            (Some(path), _) => {
                let text = std::fs::read_to_string(path)
                    .map(Zeroizing::new)
                    .map_err(|e| format!("the secret file {} cannot be read: {e}", path.display()))?;
                Some(text.trim().parse().map_err(|e| format!("{}: {e}", path.display()))?)
            }
            (None, Some(text)) => Some(text.trim().parse().map_err(|e| format!("MATCHA_SEAL_SECRET: {e}"))?),
            (None, None) => None,
        };
        let named = raw.data.is_some();
        match given {
            Some(secret) if !named => Ok((secret, None)),
            Some(secret) => Ok((secret, Some(data(raw).await?))),
            None => {
                let app = data(raw).await?;
                Ok((of_site(&app, site).await?, Some(app)))
            }
        }
    }
}

/// Opens a data folder that is there; a build machine must not make an empty one by mistake.
async fn data(raw: &RawConfig) -> Result<App, Failure> {
    let folder = raw.data();
    if !folder.join("matcha.db").exists() {
        let folder = folder.display();
        return Err(format!(
            "no sealing secret: set MATCHA_SEAL_SECRET, or name --secret-file FILE, or --data DIR ({folder} holds no database) \
             / 没有封存密钥: 设置 MATCHA_SEAL_SECRET, 或用 --secret-file、--data 指定"
        )
        .into());
    }
    open(&folder, As::Tool).await
}

/// The sealing secret of a site in the database.
pub(super) async fn of_site(app: &App, slug: &str) -> Result<SiteSecret, Failure> {
    let name = slug.to_owned();
    let site = app.store.read(move |tx| tx.site_by_slug(&name)).await?;
    let site = site.ok_or_else(|| format!("there is no site {slug}: matcha site add {slug} --name …"))?;
    Ok(unlock::sealing_secret(&app.makers, &site))
}
