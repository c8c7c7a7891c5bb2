//! A small client of the REST API, for `send`, `status` and `demo`.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ferrofax_api::report::FaxReport;
use serde_json::{Value, json};

/// Where the service is and who asks.
#[derive(Clone, Debug, clap::Args)]
pub struct Target {
    /// Address of the service.
    #[arg(long, env = "FERROFAX_URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// Customer number.
    #[arg(long, env = "FERROFAX_CUSTOMER")]
    pub customer: String,
    /// Login.
    #[arg(long, env = "FERROFAX_USER")]
    pub user: String,
    /// Password; better given by the environment than on the command line.
    #[arg(long, env = "FERROFAX_PASSWORD", hide_env_values = true)]
    pub password: String,
}

/// Talks to one service as one login.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    target: Target,
}

impl Client {
    pub fn new(target: Target) -> Result<Client> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        Ok(Client { http, target })
    }

    /// Submits a job as it stands; the job's id.
    pub async fn submit(&self, job: &Value) -> Result<String> {
        let answer =
            self.http.post(self.address("fax")).basic_auth(&self.target.user, Some(&self.target.password)).json(job);
        let answer = Self::answer(answer).await?;
        let id = answer.get("jobId").and_then(Value::as_str).context("the answer has no jobId")?;
        Ok(id.to_owned())
    }

    /// A job's report.
    pub async fn report(&self, job: &str) -> Result<FaxReport> {
        let answer = self
            .http
            .get(self.address(&format!("fax/reports/{job}")))
            .basic_auth(&self.target.user, Some(&self.target.password));
        Ok(serde_json::from_value(Self::answer(answer).await?)?)
    }

    /// What happens to a job, told as it happens: the kind of event and its data.
    pub async fn watch(&self, job: &str, mut told: impl FnMut(&str, &str) -> Result<()>) -> Result<()> {
        let url = format!("{}/api/v1/jobs/{job}/events", self.target.url.trim_end_matches('/'));
        let request = self.http.get(url).basic_auth(&self.target.user, Some(&self.target.password));
        // The service says something every few seconds, for as long as the job takes.
        let mut answer = Self::good(request.timeout(Duration::MAX)).await?;
        let (mut unread, mut kind) = (Vec::new(), String::new());
        while let Some(bytes) = answer.chunk().await? {
            unread.extend_from_slice(&bytes);
            while let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = unread.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                match line.trim_end().split_once(": ") {
                    Some(("event", event)) => kind = event.to_owned(),
                    Some(("data", data)) => told(&kind, data)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The proof of transmission for a recipient, from 0: a PDF.
    pub async fn proof(&self, job: &str, recipient: u32) -> Result<Vec<u8>> {
        let root = self.target.url.trim_end_matches('/');
        let url = format!("{root}/api/v1/jobs/{job}/recipients/{recipient}/proof");
        let request = self.http.get(url).basic_auth(&self.target.user, Some(&self.target.password));
        Ok(Self::good(request).await?.bytes().await?.to_vec())
    }

    fn address(&self, path: &str) -> String {
        format!("{}/rest/v1/{}/{path}", self.target.url.trim_end_matches('/'), self.target.customer)
    }

    async fn answer(request: reqwest::RequestBuilder) -> Result<Value> {
        let body = Self::good(request).await?.text().await?;
        serde_json::from_str(&body).context("the service's answer is no JSON")
    }

    /// An answer that is no refusal.
    async fn good(request: reqwest::RequestBuilder) -> Result<reqwest::Response> {
        let answer = request.send().await.context("the service can't be reached")?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body = answer.text().await?;
        let message = serde_json::from_str::<Value>(&body)
            .ok()
            .and_then(|error| error.get("message")?.as_str().map(str::to_owned))
            .unwrap_or(body);
        bail!("the service answered {status}: {message}");
    }
}

/// Every recipient has its final status.
pub fn is_final(report: &FaxReport) -> bool {
    report.recipient_status.iter().all(|recipient| recipient.status != "PENDING")
}

/// The job for these files and numbers.
pub fn job(files: &[impl AsRef<Path>], numbers: &[String]) -> Result<Value> {
    let mut documents = Vec::new();
    for file in files {
        let file = file.as_ref();
        let data = std::fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        documents.push(document(name, &data));
    }
    Ok(json!({
        "recipients": numbers.iter().map(|number| json!({ "number": number })).collect::<Vec<_>>(),
        "documents": documents,
    }))
}

/// One document of a job. The API's names are short and plain, so others are made so.
pub fn document(name: &str, data: &[u8]) -> Value {
    use base64::Engine as _;
    json!({ "name": plain_name(name), "data": base64::engine::general_purpose::STANDARD.encode(data) })
}

/// At most 32 characters before the extension, from the API's alphabet.
fn plain_name(name: &str) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let plain = |text: &str, max: usize| -> String {
        text.chars().take(max).map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
    };
    format!("{}.{}", plain(stem, 32), plain(extension, 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_becomes_one_the_api_takes() {
        assert_eq!(plain_name("Rechnung März (2).pdf"), "Rechnung_M_rz__2_.pdf");
        assert_eq!(plain_name(&format!("{}.txt", "a".repeat(60))), format!("{}.txt", "a".repeat(32)));
    }
}
