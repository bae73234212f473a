// The calls of openapi.json, each with what it takes, what it answers, and curl.
"use strict";

function made(tag, text, ...children) {
  const one = document.createElement(tag);
  if (text) one.textContent = text;
  one.append(...children);
  return one;
}

function named(schemas, schema) {
  const found = schema && schema.$ref ? schemas[schema.$ref.split("/").pop()] : schema;
  return (found && found.properties) || {};
}

function example(schemas, path, method, call) {
  const bodies = call.requestBody ? Object.entries(call.requestBody.content) : [];
  let with_ = "";
  for (const [kind, { schema }] of bodies) {
    const fields = named(schemas, schema);
    if (kind.startsWith("multipart")) with_ += Object.keys(fields).map(field => ` -F ${field}=@FILE`).join("");
    else {
      const wanted = (schema.$ref && schemas[schema.$ref.split("/").pop()].required) || [];
      const body = Object.fromEntries(wanted.map(field => [field, fields[field].type === "boolean" ? true : "..."]));
      with_ += ` -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
    }
  }
  return `curl -X ${method.toUpperCase()}${with_} ${location.origin}${path}`;
}

fetch("/openapi.json").then(answer => answer.json()).then(({ paths, components: { schemas } }) => {
  for (const [path, methods] of Object.entries(paths)) for (const [method, call] of Object.entries(methods)) {
    const takes = (call.parameters || []).map(p => [p.name, `${p.in}. ${p.description || (p.schema && p.schema.description) || ""}`]);
    for (const { schema } of Object.values((call.requestBody && call.requestBody.content) || {}))
      for (const [name, field] of Object.entries(named(schemas, schema))) takes.push([name, `body. ${field.description || field.type || ""}`]);
    const list = made("dl", "", ...takes.flatMap(([name, words]) => [made("dt", name), made("dd", words)]),
      ...Object.entries(call.responses).flatMap(([status, { description }]) => [made("dt", status), made("dd", description)]));
    document.getElementById("calls").append(made("section", "", made("h2", `${method.toUpperCase()} ${path}`),
      made("p", `${call.summary || ""}${/[?!.]$/.test(call.summary) ? "" : "."} ${call.description || ""}`), made("pre", example(schemas, path, method, call)), list));
  }
});
