/// How pages look.
enum RunPageStyle {
  static let sheet = """
    :root{--ground:#f5f6f8;--card:#fff;--ink:#1c2024;--quiet:#5f6871;--line:#e3e6ea;--accent:#0072b2;--good:#00805d;--bad:#c8441b}
    @media (prefers-color-scheme:dark){:root{--ground:#0c0e11;--card:#14171c;--ink:#e8eaed;--quiet:#a2abb5;--line:#2e343c;
    --accent:#58aeea;--good:#3fcaa2;--bad:#ff8552}.drawing img{filter:invert(1) hue-rotate(180deg);mix-blend-mode:screen}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--ground);color:var(--ink);
    font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;-webkit-text-size-adjust:100%}
    main{max-width:1080px;margin:0 auto;padding:28px 20px 60px}
    header{margin:0 4px 18px}
    h1{font-size:30px;line-height:1.2;margin:2px 0 4px;letter-spacing:-.01em;overflow-wrap:anywhere}
    h2{font-size:18px;margin:0 0 14px}
    h3{font-size:14px;margin:0 0 6px}
    .kind{margin:0;color:var(--quiet);font-weight:600}
    .quiet{color:var(--quiet);margin:0 0 10px}
    .badge{display:inline-block;margin-left:6px;padding:0 9px;border-radius:99px;font-size:12px;line-height:20px;
    border:1px solid currentColor}
    .badge.good{color:var(--good)}.badge.bad,b.bad,.reason{color:var(--bad)}
    section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px;margin:0 0 16px}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:1px;padding:0;overflow:hidden;
    background:var(--line)}
    .tile{background:var(--card);padding:16px 18px}
    .tile b{display:block;font-size:25px;line-height:1.25;font-weight:650;letter-spacing:-.01em;white-space:nowrap;
    font-variant-numeric:tabular-nums}
    .tile span{color:var(--quiet);font-size:13px}
    .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:10px 18px;align-items:start}
    .plots.small{grid-template-columns:repeat(auto-fit,minmax(min(100%,290px),1fr))}
    figure{margin:0;min-width:0}
    figure>svg{display:block;width:100%;height:auto;margin:0 auto}
    .gallery img,.samples img{image-rendering:pixelated}
    .galleries{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:18px;align-items:start}
    .gallery img{width:100%;height:auto;border-radius:6px;border:1px solid var(--line)}
    figcaption{font-size:13px;color:var(--quiet);margin-bottom:6px}figcaption b{color:var(--ink)}
    .drawing{overflow-x:auto;padding-bottom:6px}.drawing img{display:block;mix-blend-mode:multiply;margin:0 auto;max-width:max(100%,680px);height:auto}
    .samples{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:16px 12px}
    .samples li{display:flex;flex-direction:column;font-size:13px;line-height:1.4;overflow-wrap:anywhere}
    .samples img{width:100%;border-radius:6px;border:2px solid var(--bad);margin-bottom:5px}
    .advice{margin:0;padding:0 0 0 18px}.advice li{margin:0 0 8px;overflow-wrap:anywhere}.advice .quiet{margin:0 6px 0 0;font-size:13px}
    code{font:12.5px ui-monospace,"SF Mono","DejaVu Sans Mono",monospace;background:var(--ground);border-radius:5px;padding:2px 5px}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums}
    th{font-weight:600;color:var(--quiet);text-align:right}
    th,td{padding:4px 14px 4px 0;border-bottom:1px solid var(--line);white-space:nowrap}
    .numbers td{text-align:right}.numbers th:first-child,.numbers td:first-child{text-align:left}
    .pairs{width:100%}.pairs td{white-space:normal;overflow-wrap:anywhere;vertical-align:top}
    .pairs td:first-child{color:var(--quiet);white-space:nowrap;width:1%;padding-right:18px}
    .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:20px 34px}
    details{margin-top:14px}summary{cursor:pointer;color:var(--accent);font-size:14px}
    details[open] summary{margin-bottom:8px}
    pre{overflow-x:auto;margin:0;font:12.5px/1.45 ui-monospace,"SF Mono","DejaVu Sans Mono",monospace}
    .command{background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:12px 14px;margin-bottom:18px;
    white-space:pre-wrap;overflow-wrap:anywhere}
    @media (max-width:560px){main{padding:18px 12px 40px}section{padding:15px;border-radius:10px}.tiles{padding:0}
    .tile{padding:12px 14px}.tile b{font-size:21px}h1{font-size:25px}
    .samples{grid-template-columns:repeat(auto-fill,minmax(78px,1fr))}}
    @media print{body{background:#fff}section{break-inside:avoid}}
    """
}
