//! Earlier versions of stationery: listed, shown, and brought back as the newest.

use jiff::Timestamp;

use super::{Installed, Studio, StudioError, refused};
use crate::stationery::{OverlayName, TemplateName};
use crate::store::{NewOverlay, VersionView};

impl Studio {
    /// The versions of a template, the newest first; of one that was removed too.
    pub async fn template_versions(&self, customer: &str, name: &str) -> Result<Vec<VersionView>, StudioError> {
        let name = TemplateName::parse(name).map_err(|_| StudioError::Unknown("template"))?;
        let versions = self.store.template_versions(customer, &name).await?;
        if versions.is_empty() { Err(StudioError::Unknown("template")) } else { Ok(versions) }
    }

    /// The versions of an overlay, the newest first; of one that was removed too.
    pub async fn overlay_versions(&self, customer: &str, name: &str) -> Result<Vec<VersionView>, StudioError> {
        let name = OverlayName::parse(name).map_err(|_| StudioError::Unknown("overlay"))?;
        let versions = self.store.overlay_versions(customer, &name).await?;
        if versions.is_empty() { Err(StudioError::Unknown("overlay")) } else { Ok(versions) }
    }

    /// The source of a version of a template.
    pub async fn template_version(&self, customer: &str, name: &str, version: i64) -> Result<String, StudioError> {
        let name = TemplateName::parse(name).map_err(|_| StudioError::Unknown("template"))?;
        let source = self.store.template_version(customer, &name, version).await?;
        source.ok_or(StudioError::Unknown("version"))
    }

    /// A version of an overlay with its pages.
    pub async fn overlay_version(&self, customer: &str, name: &str, version: i64) -> Result<NewOverlay, StudioError> {
        let name = OverlayName::parse(name).map_err(|_| StudioError::Unknown("overlay"))?;
        let overlay = self.store.overlay_version(customer, &name, version).await?;
        overlay.ok_or(StudioError::Unknown("version"))
    }

    /// Installs what a template was, as its newest version. It is checked again, as those it includes may have changed.
    pub async fn restore_template(
        &self,
        customer: &str,
        name: &str,
        version: i64,
        now: Timestamp,
    ) -> Result<Installed, StudioError> {
        not_current(&self.template_versions(customer, name).await?, version)?;
        let source = self.template_version(customer, name, version).await?;
        self.install_template(customer, name, source.as_bytes(), now).await
    }

    /// Installs what an overlay was, pel for pel, as its newest version.
    pub async fn restore_overlay(
        &self,
        customer: &str,
        name: &str,
        version: i64,
        now: Timestamp,
    ) -> Result<Installed, StudioError> {
        not_current(&self.overlay_versions(customer, name).await?, version)?;
        let overlay = self.overlay_version(customer, name, version).await?;
        let name = overlay.name.to_string();
        let version = self.store.install_overlay(customer, overlay, now).await?;
        Ok(Installed { name, version, warnings: Vec::new() })
    }
}

fn not_current(versions: &[VersionView], version: i64) -> Result<(), StudioError> {
    match versions.iter().find(|known| known.version == version) {
        None => Err(StudioError::Unknown("version")),
        Some(known) if known.current => Err(refused("version", "is the current one")),
        Some(_) => Ok(()),
    }
}
