//! The templates of an account: asked for, kept, and found by name and language.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::format::clean;
use crate::format::whatsapp::template::Template;
use crate::model::account::{Account, ChannelKind};
use crate::ops::{App, access, token};
use crate::rules::template::near;
use crate::store::KeptTemplate;

/// A list older than this is asked for anew before a template is sent.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// Which templates to list.
#[derive(Clone, Debug, Default)]
pub struct TemplatesRequest {
    /// Of this account; `None` for all of WhatsApp.
    pub account: Option<String>,
    /// Nobody is asked: what is known is listed.
    pub offline: bool,
}

/// `comms.templates/1`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct TemplatesReport {
    /// By account, name and language.
    pub templates: Vec<TemplateRow>,
    /// The accounts they are of.
    pub sources: Vec<TemplateSource>,
    /// Lists that could not be asked for.
    pub warnings: Vec<String>,
}

/// Where templates come from.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TemplateSource {
    pub account: String,
    /// When they were asked for.
    pub listed_at: Option<Timestamp>,
}

/// One template.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TemplateRow {
    pub account: String,
    pub name: String,
    pub language: String,
    /// `utility`, `marketing` or `authentication`.
    pub category: String,
    /// `approved` is the only one that goes.
    pub status: String,
    /// What `--var` has to give.
    pub variables: Vec<String>,
    pub text: String,
    /// The words that send it.
    pub command: String,
}

/// Lists templates, as the account has them now.
///
/// # Errors
/// `config`: there is no account of WhatsApp, or it names no business account.
pub async fn list(app: &App, request: &TemplatesRequest) -> Result<TemplatesReport> {
    let accounts = chosen(app, request.account.as_deref())?;
    let mut report = TemplatesReport::default();
    for account in accounts {
        if !request.offline
            && let Err(e) = refresh(app, account).await
        {
            if known(app, account)?.is_none() {
                return Err(e);
            }
            let words = format!("account `{}`: {}", account.name, e.message);
            report.warnings.push(words);
        }
        let (at, templates) = known(app, account)?.unzip();
        report.sources.push(TemplateSource {
            account: account.name.clone(),
            listed_at: at,
        });
        let rows = templates.iter().flatten().map(|t| row(account, t));
        report.templates.extend(rows);
    }
    Ok(report)
}

fn row(account: &Account, template: &Template) -> TemplateRow {
    TemplateRow {
        account: account.name.clone(),
        name: template.name.clone(),
        language: template.language.clone(),
        category: template.category.to_lowercase(),
        status: template.status.to_lowercase(),
        variables: template.wants(),
        text: template.body.clone(),
        command: template.command("TO"),
    }
}

fn chosen<'a>(app: &'a App, named: Option<&str>) -> Result<Vec<&'a Account>> {
    if let Some(name) = named {
        let account = app.config.account(name)?;
        if account.channel != ChannelKind::Whatsapp {
            return Err(
                Error::usage(format!("account `{name}` is none of WhatsApp"))
                    .hint("see which there are: `comms auth list`"),
            );
        }
        return Ok(vec![account]);
    }
    let all = app.config.accounts.iter();
    let all: Vec<&Account> = all.filter(|a| a.channel == ChannelKind::Whatsapp).collect();
    if all.is_empty() {
        return Err(Error::config("there is no account of WhatsApp")
            .hint("run `comms auth add --channel whatsapp`"));
    }
    Ok(all)
}

/// Asks for the templates of an account and keeps them.
pub async fn refresh(app: &App, account: &Account) -> Result<()> {
    let kept = listed(app, account).await?;
    let now = app.clock.now();
    app.store.keep_templates(business(account), &kept, now)
}

async fn listed(app: &App, account: &Account) -> Result<Vec<KeptTemplate>> {
    let client = access::whatsapp(app, account).await?;
    let listed = client.templates().await;
    let listed = listed.map_err(|e| token::explained(app, account, e))?;
    let kept = listed.into_iter().filter_map(|document| {
        let template = Template::read(&document)?;
        Some(KeptTemplate {
            name: template.name,
            language: template.language,
            document,
        })
    });
    Ok(kept.collect())
}

/// Whose templates they are.
fn business(account: &Account) -> &str {
    let settings = account.whatsapp.as_ref();
    settings
        .and_then(|w| w.business_account_id.as_deref())
        .unwrap_or_default()
}

/// The templates of an account as they were listed last.
fn known(app: &App, account: &Account) -> Result<Option<(Timestamp, Vec<Template>)>> {
    let kept = app.store.templates(business(account))?;
    Ok(kept.map(|(at, kept)| {
        let templates = kept.iter().filter_map(|k| Template::read(&k.document));
        (at, templates.collect())
    }))
}

/// What Meta takes a template for (`utility`), as it was listed last.
pub fn category(
    app: &App,
    account: &Account,
    (name, language): (&str, &str),
) -> Result<Option<String>> {
    let (_, templates) = known(app, account)?.unzip();
    let all = templates.unwrap_or_default();
    let found = all
        .iter()
        .find(|t| t.name == name && t.language == language);
    Ok(found.map(|t| t.category.to_lowercase()))
}

/// A template that would go without anything but words, the usual kind first.
pub fn fitting(app: &App, account: &Account) -> Result<Option<Template>> {
    let Some((_, templates)) = known(app, account)? else {
        return Ok(None);
    };
    let rank = |template: &Template| {
        let category = match template.category.as_str() {
            "UTILITY" => 0,
            "MARKETING" => 1,
            _ => 2,
        };
        (category, template.wants().len())
    };
    let approved = templates.into_iter().filter(Template::is_approved);
    Ok(approved.min_by_key(rank))
}

/// Which template is meant.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub name: &'a str,
    /// `None` for the only one there is.
    pub language: Option<&'a str>,
    /// Nothing is to be written: a list that has to be asked for is not kept.
    pub dry_run: bool,
}

/// The template that is meant; asked for where it is not known, or not lately.
pub async fn find(app: &App, account: &Account, wanted: Wanted<'_>) -> Result<Template> {
    let now = app.clock.now();
    let before = known(app, account)?;
    let is_known = |templates: &[Template]| templates.iter().any(|t| t.name == wanted.name);
    let has = before
        .as_ref()
        .is_some_and(|(_, templates)| is_known(templates));
    let fresh = before
        .as_ref()
        .is_some_and(|(at, _)| now.duration_since(*at) < FRESH);
    let mut templates = before.map(|(_, templates)| templates).unwrap_or_default();
    if !(has && fresh) {
        match listed(app, account).await {
            Ok(kept) => {
                templates = kept
                    .iter()
                    .filter_map(|k| Template::read(&k.document))
                    .collect();
                if !wanted.dry_run {
                    app.store.keep_templates(business(account), &kept, now)?;
                }
            }
            // What is known may do.
            Err(_) if has => {}
            Err(e) => return Err(e),
        }
    }
    choose(account, templates, (wanted.name, wanted.language))
}

fn choose(
    account: &Account,
    templates: Vec<Template>,
    (name, language): (&str, Option<&str>),
) -> Result<Template> {
    let shown = clean::line(name);
    let of_account = format!("account `{}`", account.name);
    let names: Vec<String> = templates.iter().map(|t| t.name.clone()).collect();
    let named: Vec<Template> = templates.into_iter().filter(|t| t.name == name).collect();
    if named.is_empty() {
        let error = Error::not_found(format!("{of_account} has no template `{shown}`"));
        return Err(match near(name, names.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!(
                "see which it has: `comms auth templates {}`",
                account.name
            )),
        });
    }
    let languages: Vec<String> = named.iter().map(|t| format!("`{}`", t.language)).collect();
    let languages = languages.join(", ");
    if let Some(language) = language {
        let found = named
            .into_iter()
            .find(|t| t.language.eq_ignore_ascii_case(language));
        return found.ok_or_else(|| {
            let language = clean::line(language);
            Error::not_found(format!("template `{shown}` is not there in `{language}`"))
                .hint(format!("it has {languages}: say which with --lang"))
        });
    }
    // One that goes, before others of its name.
    let (approved, rest): (Vec<Template>, Vec<Template>) =
        named.into_iter().partition(Template::is_approved);
    let fitting = if approved.is_empty() { rest } else { approved };
    match <[Template; 1]>::try_from(fitting) {
        Ok([one]) => Ok(one),
        Err(_) => Err(
            Error::usage(format!("template `{shown}` is there in several languages"))
                .hint(format!("say which with --lang: {languages}")),
        ),
    }
}
