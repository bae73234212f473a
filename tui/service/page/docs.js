// Shows the calls of openapi.json: arguments, answers and a curl command per call.
"use strict";

function made(tag, text, ...children) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  node.append(...children);
  return node;
}

function properties(schemas, schema) {
  const resolved = schema && schema.$ref ? schemas[schema.$ref.split("/").pop()] : schema;
  return (resolved && resolved.properties) || {};
}

function example(schemas, path, method, call) {
  const bodies = call.requestBody ? Object.entries(call.requestBody.content) : [];
  let sent = "";
  for (const [kind, { schema }] of bodies) {
    const fields = properties(schemas, schema);
    if (kind.startsWith("multipart")) sent += Object.keys(fields).map(field => ` -F ${field}=@FILE`).join("");
    else {
      const wanted = (schema.$ref && schemas[schema.$ref.split("/").pop()].required) || [];
      const body = Object.fromEntries(wanted.map(field => [field, fields[field].type === "boolean" ? true : "..."]));
      sent += ` -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
    }
  }
  return `curl -X ${method.toUpperCase()}${sent} ${location.origin}${path}`;
}

fetch("/openapi.json").then(answer => answer.json()).then(({ paths, components: { schemas } }) => {
  for (const [path, methods] of Object.entries(paths)) for (const [method, call] of Object.entries(methods)) {
    const takes = (call.parameters || []).map(p => [p.name, `${p.in}. ${p.description || (p.schema && p.schema.description) || ""}`]);
    for (const { schema } of Object.values((call.requestBody && call.requestBody.content) || {}))
      for (const [name, field] of Object.entries(properties(schemas, schema))) takes.push([name, `body. ${field.description || field.type || ""}`]);
    const list = made("dl", "", ...takes.flatMap(([name, description]) => [made("dt", name), made("dd", description)]),
      ...Object.entries(call.responses).flatMap(([status, { description }]) => [made("dt", status), made("dd", description)]));
    document.getElementById("calls").append(made("section", "", made("h2", `${method.toUpperCase()} ${path}`),
      made("p", `${call.summary || ""}${/[?!.]$/.test(call.summary) ? "" : "."} ${call.description || ""}`), made("pre", example(schemas, path, method, call)), list));
  }
});
