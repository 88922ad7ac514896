// A client of the lines server, over Node's tls.
const fs = require('fs');
const tls = require('tls');

const ca = fs.readFileSync(process.env.WORK + '/root.pem');
const lines = ['', 'one', 'x'.repeat(8000), 'two'].map((line) => line + '\n').join('').repeat(50);
const socket = tls.connect({ port: Number(process.argv[2]), host: '127.0.0.1', servername: 'localhost', ca,
  ALPNProtocols: ['lines'] }, () => {
  if (socket.alpnProtocol !== 'lines') throw new Error(`agreed on ${socket.alpnProtocol}`);
  socket.end(lines);
});
let got = '';
socket.setEncoding('utf8');
socket.on('data', (data) => { got += data; });
socket.on('end', () => {
  if (got !== lines) throw new Error(`${got.length} of ${lines.length} came back`);
  console.log('fine');
});
