//! Which kinds of document can become pages here.

use ferrofax_api::job::DocumentKind;

/// What is installed beside the built-in renderer, which takes everything else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Kinds {
    /// An office program.
    pub office: bool,
    /// A converter for PostScript.
    pub ps: bool,
    /// A converter for PCL.
    pub pcl: bool,
}

impl Kinds {
    /// Everything, whatever it needs.
    pub const ALL: Kinds = Kinds { office: true, ps: true, pcl: true };

    /// What is missing here for documents of this kind, in words for the customer.
    pub fn missing_for(self, kind: DocumentKind) -> Option<&'static str> {
        match kind {
            DocumentKind::Ps if !self.ps => Some("PostScript can't be converted here: no converter is configured"),
            DocumentKind::Pcl if !self.pcl => Some("PCL can't be converted here: no converter is configured"),
            kind if kind.is_office() && !self.office => {
                Some("office documents can't be converted here: LibreOffice is not installed")
            }
            _ => None,
        }
    }
}
