<#macro page title>
<!DOCTYPE html>
<html><head><style>
body { font: 10pt Arial; } h1 { font-size: 16pt; margin: 0 0 6px } table { border-collapse: collapse; width: 100% }
td { border-bottom: 1px solid black; padding: 2px 4px; vertical-align: top } td:first-child { width: 38% }
</style></head><body><h1>${title}</h1><table><#nested></table></body></html>
</#macro>
<#macro row name><tr><td>${name}</td><td><#nested></td></tr></#macro>
